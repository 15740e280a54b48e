#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| socket_engine::fuzzing::records(data));
