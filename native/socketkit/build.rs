//! Link arguments of the native module.
//!
//! They stand here and not in `.cargo/config.toml` because `ohrs build` replaces the flags given there.

/// Node-API functions whose calls go through `src/node_api/wraps.rs`.
const WRAPPED: [&str; 4] = ["napi_module_register", "napi_reference_unref", "napi_wrap", "napi_unwrap"];

/// Pages of 64 KiB are the largest that an arm64 kernel may be configured with.
const MAX_PAGE_SIZE_BYTES: u32 = 64 * 1024;

fn main() {
    napi_build_ohos::setup();
    println!("cargo::rerun-if-changed=native/socketkit/build.rs");
    // On every target, so that the bytes which are tested are the bytes which are shipped.
    for symbol in WRAPPED {
        println!("cargo::rustc-cdylib-link-arg=-Wl,--wrap={symbol}");
    }
    if std::env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("ohos") {
        link_for_phone();
    }
}

/// The phone binds every symbol at load time: what is missing has to fail the link instead.
fn link_for_phone() {
    // The build id is what ties the stripped library to its symbols.
    // Functions of the same machine code become one: none is compared by its address.
    // RELR takes a bit for what RELA takes 24 bytes for. The loader of OpenHarmony 5.0.0 (API 12) knows it: `do_relr_relocs` in
    // ldso/linux/dynlink.c of third_party_musl, since 2022. It looks symbols up in the GNU table where there is one.
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
