//! Type-tagged state of a JavaScript object.

use std::hint::black_box;
use std::rc::Rc;

use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, Error, Result, Status};

use crate::node_api::{self, Returned};

/// Class of an object. Any two tags differ in all bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TypeTag(u64);

impl TypeTag {
    /// `TCPSocketServer`
    pub const SERVER: Self = Self(0x1a9e_55c4_0d6b_7f21);
    /// `TCPSocketConnection`
    pub const CONNECTION: Self = Self(0x6d02_b8f3_94e7_5a1c);
    /// `TCPSocket`
    pub const CLIENT: Self = Self(0xc371_2e4f_a85d_069b);
}

/// State of an object, after its type tag.
///
/// Each class of this module consists of one of these, so all begin alike. JavaScript can call a member of one class on an object of
/// another (Node checks the receivers of methods only, not of getters, and OpenHarmony none), and napi-ohos does not check the type.
#[repr(C)]
pub struct Tagged<T> {
    tag: TypeTag,
    state: Rc<T>,
}

/// Implementation of a member.
/// Not a type parameter, which would duplicate the surrounding code for each member.
pub type Member<'a, T> = &'a (dyn Fn(&'a Rc<T>) -> Result<Unknown<'a>> + 'a);

impl<T> Tagged<T> {
    /// Creates the state of an object with `tag`.
    pub fn new(tag: TypeTag, state: Rc<T>) -> Self {
        Self { tag, state }
    }

    /// Runs `member` of the class of `tag`. Throws if the object has another class.
    pub fn run<'a>(&'a self, tag: TypeTag, env: &Env, member: Member<'a, T>) -> Returned {
        node_api::run(env, &|| member(self.state(tag)?))
    }

    fn state(&self, tag: TypeTag) -> Result<&Rc<T>> {
        // Without `black_box` the compiler could assume the tag of the declared type.
        if black_box(self.tag) == tag {
            return Ok(&self.state);
        }
        Err(Error::new(Status::InvalidArg, "a member was called on an object of another class".to_owned()))
    }
}
