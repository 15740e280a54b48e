//! What is logged of a listening socket. A process of its own, because a process has one logger.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/events.rs"]
#[allow(dead_code, unused_macros, reason = "nothing is waited for here")]
mod events;

use std::net::SocketAddr;
use std::sync::Mutex;

use log::{Level, LevelFilter, Log, Metadata, Record};
use socket_engine::{Server, ServerOptions};

use events::recorder;

static LOGGED: Mutex<Vec<(Level, String)>> = Mutex::new(Vec::new());

struct Logger;

impl Log for Logger {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        if record.target().starts_with("socket_engine") {
            LOGGED.lock().unwrap().push((record.level(), record.args().to_string()));
        }
    }

    fn flush(&self) {}
}

#[test]
fn listening_where_other_devices_may_connect_is_logged_and_on_loopback_is_not() {
    log::set_logger(&Logger).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let (sink, _events) = recorder();
    let server = Server::new(sink, ServerOptions::default());
    for address in ["127.0.0.1:0", "127.1.2.3:0", "[::1]:0", "[::ffff:127.0.0.1]:0"] {
        server.listen(address.parse().unwrap()).unwrap();
        assert_eq!(*LOGGED.lock().unwrap(), [], "{address}");
    }
    for address in ["0.0.0.0:0", "[::]:0"] {
        let local: SocketAddr = server.listen(address.parse().unwrap()).unwrap();
        let logged = std::mem::take(&mut *LOGGED.lock().unwrap());
        assert_eq!(logged, [(Level::Warn, format!("listening on {local}: other devices may connect"))]);
    }
}
