//! Native values that this module has wrapped in JavaScript objects.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::c_void;
use std::hash::{BuildHasherDefault, Hasher};

use napi_ohos::{Env, sys};

thread_local! {
    /// Wrapped values by address. Every call of a member looks here.
    static WRAPPED: RefCell<Table> = RefCell::default();
    static LAST_ID: Cell<usize> = const { Cell::new(0) };
}

type Table = HashMap<usize, Wrapped, BuildHasherDefault<AddressHasher>>;

/// One native value and its finalizer.
struct Wrapped {
    native: *mut c_void,
    /// Distinguishes it from an earlier value at the same address.
    id: usize,
    /// Environment of its object.
    of: sys::napi_env,
    finalize: sys::napi_finalize,
    hint: *mut c_void,
}

/// Hashes addresses, which are multiples of 16.
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_usize(&mut self, address: usize) {
        self.write_u64(address as u64);
    }

    fn write_u64(&mut self, number: u64) {
        // 2^64 divided by the golden ratio.
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Returns the finalizer for the engine, and its hint, for a new wrapped value.
pub(super) fn finalizer() -> (sys::napi_finalize, *mut c_void) {
    let id = LAST_ID.get().wrapping_add(1);
    LAST_ID.set(id);
    (Some(finalize), std::ptr::without_provenance_mut(id))
}

/// Adds `native` as wrapped, with the hint of its [`finalizer`].
pub(super) fn insert(
    env: sys::napi_env,
    native: *mut c_void,
    id: *mut c_void,
    finalize: sys::napi_finalize,
    hint: *mut c_void,
) {
    let wrapped = Wrapped { native, id: id.addr(), of: env, finalize, hint };
    WRAPPED.with_borrow_mut(|all| all.insert(native.addr(), wrapped));
}

/// Returns whether this module has wrapped `native` and not finalized it.
pub(super) fn contains(native: *mut c_void) -> bool {
    WRAPPED.try_with(|all| all.borrow().contains_key(&native.addr())).unwrap_or(false)
}

/// Finalizes all values in objects of `env`, an environment that ends.
///
/// The engine may still call the finalizers afterwards; then they have no effect, and members of the objects throw.
pub fn finalize_all(env: &Env) {
    let left: Vec<Wrapped> = WRAPPED
        .with_borrow_mut(|all| all.extract_if(|_, wrapped| wrapped.of == env.raw()).map(|(_, left)| left).collect());
    left.into_iter().for_each(run);
}

/// Called by the engine when an object was collected or its wrap's reference is deleted.
unsafe extern "C" fn finalize(_env: sys::napi_env, native: *mut c_void, id: *mut c_void) {
    // The table no longer exists when the thread ends; then nothing can be finalized.
    if let Some(wrapped) = WRAPPED.try_with(|all| take(&mut all.borrow_mut(), native, id)).ok().flatten() {
        run(wrapped);
    }
}

fn take(all: &mut Table, native: *mut c_void, id: *mut c_void) -> Option<Wrapped> {
    let is_same = all.get(&native.addr()).is_some_and(|wrapped| wrapped.id == id.addr());
    if is_same { all.remove(&native.addr()) } else { None }
}

/// Call it without a borrow of the table: finalizers make calls of their own.
fn run(wrapped: Wrapped) {
    if let Some(finalize) = wrapped.finalize {
        // SAFETY: the call that wrapped `native` gave the finalizer with its hint for one call on this thread; it was taken out
        // of the table, so this is that call.
        unsafe { finalize(wrapped.of, wrapped.native, wrapped.hint) };
    }
}
