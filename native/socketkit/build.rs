//! Link arguments of the native module.
fn main() {
    napi_build_ohos::setup();
}
