//! Credit: how much is received before somebody consumes it. And the order of what is received.

use std::thread;

use socket_engine::limits::{EVENT_OVERHEAD_BYTES, READ_MAX_BYTES, RECEIVE_HIGH_BYTES, RECEIVE_LOW_BYTES};

use crate::events::Told;
use socket_engine::{CloseReason, ConnectionEvent};

use crate::flood::{FLOOD_BYTES, flood_until_stopped};
use crate::pair::{Pair, assert_alive, assert_closed, assert_silent, received};
use crate::peer::{assert_same_bytes, pattern, write_and_end};

#[test]
fn reading_stops_when_nothing_is_consumed_and_the_peer_is_held_up() {
    let pair = Pair::new();
    let data = pattern(0, FLOOD_BYTES);
    let unconsumed = flood_until_stopped(&pair, &data);
    let received_bytes: usize = unconsumed.sizes.iter().sum();
    assert!(received_bytes <= RECEIVE_HIGH_BYTES + READ_MAX_BYTES, "{received_bytes} bytes were received");
    assert!(unconsumed.written_bytes < data.len());
    assert_same_bytes(&unconsumed.data, &data[..received_bytes]);
}

#[test]
fn reading_goes_on_once_consumption_reaches_the_low_mark_and_not_before() {
    let pair = Pair::new();
    let data = pattern(0, FLOOD_BYTES);
    let unconsumed = flood_until_stopped(&pair, &data);
    let mut used = unconsumed.cost();
    for size in unconsumed.sizes {
        assert_silent(&pair.events);
        pair.connection.consume(size);
        used -= size + EVENT_OVERHEAD_BYTES;
        if used <= RECEIVE_LOW_BYTES {
            break;
        }
    }
    let next = expect!(pair.events, ConnectionEvent::Received(bytes) => bytes);
    let start = unconsumed.data.len();
    assert_same_bytes(&next, &data[start..start + next.len()]);
}

#[test]
fn bulk_that_stopped_and_went_on_arrives_intact() {
    let pair = Pair::new();
    let data = pattern(0, FLOOD_BYTES);
    let unconsumed = flood_until_stopped(&pair, &data);
    let mut all = unconsumed.data;
    for size in unconsumed.sizes {
        pair.connection.consume(size);
    }
    thread::scope(|scope| {
        pair.peer.set_nonblocking(false).unwrap();
        scope.spawn(|| write_and_end(&pair.peer, &data[unconsumed.written_bytes..]));
        while let Told::Event(ConnectionEvent::Received(bytes)) = pair.events.next("Received or Ended") {
            pair.connection.consume(bytes.len());
            all.extend_from_slice(&bytes);
        }
    });
    assert_same_bytes(&all, &data);
}

#[test]
fn one_stopped_connection_does_not_hold_up_another() {
    let stopped = Pair::new();
    flood_until_stopped(&stopped, &pattern(0, FLOOD_BYTES));
    let other = Pair::new();
    assert_alive(&other.connection, &other.events, &other.peer);
}

#[test]
fn everything_received_comes_before_ended_and_nothing_follows_until_the_owner_closes() {
    let pair = Pair::new();
    let data = pattern(0, 100_000);
    write_and_end(&pair.peer, &data);
    let (got, ended) = received(&pair.events);
    assert_same_bytes(&got, &data);
    assert!(matches!(ended, Told::Event(ConnectionEvent::Ended)), "{ended:?}");
    assert!(!pair.connection.is_connected());
    assert!(pair.connection.is_open());
    assert_silent(&pair.events);
    pair.close();
    assert_closed(&pair.events, CloseReason::Remote);
}

#[test]
fn consuming_after_the_end_is_harmless() {
    let pair = Pair::new();
    write_and_end(&pair.peer, b"abc");
    expect!(pair.events, ConnectionEvent::Received(_));
    expect!(pair.events, ConnectionEvent::Ended);
    pair.close();
    assert_closed(&pair.events, CloseReason::Remote);
    pair.connection.consume(3);
    assert!(!pair.connection.is_open());
}
