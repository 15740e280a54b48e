//! Link arguments of the native module.
//!
//! They are here and not in `.cargo/config.toml` because `ohrs build` replaces the flags there.

/// Node-API functions whose calls go through `src/node_api/wraps.rs`.
const WRAPPED: [&str; 4] = ["napi_module_register", "napi_reference_unref", "napi_wrap", "napi_unwrap"];

/// 64 KiB is the largest page size that an arm64 kernel can have.
const MAX_PAGE_SIZE_BYTES: u32 = 64 * 1024;

fn main() {
    napi_build_ohos::setup();
    println!("cargo::rerun-if-changed=native/socketkit/build.rs");
    // On every target, so that the tested bytes are the shipped bytes.
    for symbol in WRAPPED {
        println!("cargo::rustc-cdylib-link-arg=-Wl,--wrap={symbol}");
    }
    if std::env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("ohos") {
        link_for_phone();
    }
}

/// The phone binds all symbols at load time, so a missing symbol must fail the link.
fn link_for_phone() {
    // The build id connects the stripped library to its symbols.
    // Identical machine code is merged: no function is compared by its address.
    // RELR stores a relocation in a bit instead of 24 bytes. The loader of OpenHarmony 5.0.0 (API 12) supports it: `do_relr_relocs` in
    // ldso/linux/dynlink.c of third_party_musl, since 2022. It also looks up symbols in the GNU hash table, if there is one.
    let arguments = [
        "-Wl,-z,defs",
        "-Wl,-z,nodelete",
        "-Wl,--build-id=sha1",
        "-Wl,--icf=all",
        "-Wl,--pack-dyn-relocs=relr",
        "-Wl,--hash-style=gnu",
    ];
    for argument in arguments {
        println!("cargo::rustc-cdylib-link-arg={argument}");
    }
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,max-page-size={MAX_PAGE_SIZE_BYTES}");
}
