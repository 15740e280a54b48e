//! What is behind the JavaScript object of a class.

use std::hint::black_box;
use std::rc::Rc;

use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, Error, Result, Status};

use crate::node_api::{self, Returned};

/// Which class an object is of. Any two differ in all that they have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Class(u64);

impl Class {
    /// `TCPSocketServer`
    pub const SERVER: Self = Self(0x1a9e_55c4_0d6b_7f21);
    /// `TCPSocketConnection`
    pub const CONNECTION: Self = Self(0x6d02_b8f3_94e7_5a1c);
    /// `TCPSocket`
    pub const CLIENT: Self = Self(0xc371_2e4f_a85d_069b);
}

/// The state of an object, behind its class. Each class of this module is nothing but one of these, and so begins alike:
/// JavaScript can call a member of one class on an object of another (Node looks at the receivers of methods only, not
/// at those of getters, and OpenHarmony at none), and napi-ohos takes what is there for what it wants.
#[repr(C)]
pub struct Native<T> {
    class: Class,
    state: Rc<T>,
}

/// What a member of a class does. Not a type parameter: the code around it would be there once for each member.
pub type Member<'a, T> = &'a (dyn Fn(&'a Rc<T>) -> Result<Unknown<'a>> + 'a);

impl<T> Native<T> {
    /// The state of an object of `class`.
    pub fn new(class: Class, state: Rc<T>) -> Self {
        Self { class, state }
    }

    /// Runs `member` of `class`. Throws when the object is of another class.
    pub fn run<'a>(&'a self, class: Class, env: &Env, member: Member<'a, T>) -> Returned {
        node_api::run(env, &|| member(self.state(class)?))
    }

    fn state(&self, class: Class) -> Result<&Rc<T>> {
        // The compiler could know what it is, were it what it is taken for.
        if black_box(self.class) == class {
            return Ok(&self.state);
        }
        Err(Error::new(Status::InvalidArg, "a member was called on an object of another class".to_owned()))
    }
}
