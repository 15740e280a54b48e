//! Operation ids of a request: one for sending it, one for its answer.

use socket_engine::OperationId;

/// Bit of the operation id for sending; not set in the operation id for the answer.
const SENDING: u64 = 1 << 63;

/// Returns the operation id for sending the request whose answer has `operation_id`.
pub fn sending(operation_id: OperationId) -> OperationId {
    OperationId(operation_id.0 | SENDING)
}

/// Returns the operation id for the answer if `operation_id` is that of sending a request.
pub fn answered_by(operation_id: OperationId) -> Option<OperationId> {
    (operation_id.0 & SENDING != 0).then_some(OperationId(operation_id.0 & !SENDING))
}
