//! `request` of connections and clients.

use std::rc::Rc;

use napi_ohos::Result;
use napi_ohos::bindgen_prelude::Unknown;
use socket_engine::{ConnectionEvent, Message, OperationId};

use crate::call::{CallState, Method, call};
use crate::convert::{self, Argument};
use crate::delivery::Delivery;
use crate::delivery_handler::Sent;
use crate::emitter::Emitter;
use crate::error::ArgumentError;
use crate::fields;
use crate::send::{self, Sender};

/// `request(options, callback)` of `sender`.
pub fn request<'env, S: Sender>(
    sender: &'env Rc<S>,
    options: &Argument<'_>,
    callback: Argument<'_>,
) -> Result<Unknown<'env>> {
    let send = |is_alone: bool, data: &[u8], operation_id| match is_alone {
        true => sender.send_alone(data, operation_id),
        false => send::send_part(sender, &Message::new(data), operation_id),
    };
    request_with(sender.emitter(), sender.delivery(), S::REQUEST, options, callback, &send)
}

fn request_with<'env>(
    emitter: &'env Emitter<ConnectionEvent>,
    delivery: &Delivery,
    method: Method,
    options: &Argument<'_>,
    callback: Argument<'_>,
    send: &dyn Fn(bool, &[u8], OperationId) -> Sent,
) -> Result<Unknown<'env>> {
    let promise = call(emitter, method, callback, &|operation_id| {
        let missing = || ArgumentError::parameter("request", "needs the option requests of the constructor");
        let requests = delivery.requests().ok_or_else(missing)?;
        let timeout = fields::milliseconds(&convert::object(options, "options")?, "timeoutMs")?;
        let timeout = timeout.unwrap_or(requests.timeout());
        convert::with_send_options(options, |data| {
            let (data, value) = requests.with_field(data, emitter.environment())?;
            Ok(requests.begin(emitter, &data, value, (operation_id, timeout), send).map(|()| CallState::Awaited))
        })?
    });
    emitter.environment().await_flush();
    promise
}
