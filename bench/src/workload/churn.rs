//! Short-lived connections: connect, send 1 byte, receive its echo, close.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use serde_json::json;

use super::Workload;
use crate::contender::Contender;
use crate::figures::{Figures, mebibytes, microseconds};
use crate::placement::Placement;
use crate::scale::Scale;
use crate::server::Server;

/// Number of simultaneous connections.
const AT_ONCE: usize = 16;

/// Time limit of an echo.
const SILENCE: Duration = Duration::from_secs(20);

/// Purpose of the measurement.
enum Churn {
    /// Rate of connections.
    Rate,
    /// Memory that remains after connections.
    Memory,
}

pub fn all() -> Vec<Box<dyn Workload>> {
    vec![Box::new(Churn::Rate), Box::new(Churn::Memory)]
}

impl Workload for Churn {
    fn name(&self) -> String {
        match self {
            Self::Rate => "churn".to_owned(),
            Self::Memory => "churn, long".to_owned(),
        }
    }

    fn contenders(&self) -> &[Contender] {
        match self {
            Self::Rate => &Contender::ALL,
            Self::Memory => &[Contender::Module, Contender::Net],
        }
    }

    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures> {
        let mut server = Server::start(contender, Placement::Free, &json!({ "name": "echo" }))?;
        match self {
            Self::Rate => rate(&server, scale.churn_connections),
            Self::Memory => memory(&mut server, scale.long_churn_connections),
        }
    }
}

fn rate(server: &Server, count: usize) -> Result<Figures> {
    visit(server, count / 10)?;
    let before = server.process.usage()?;
    let start = Instant::now();
    visit(server, count)?;
    let time = start.elapsed();
    let used = server.process.usage()?.since(before);
    Ok(Figures::new()
        .with("connections/s", count as f64 / time.as_secs_f64())
        .with("server CPU µs/connection", microseconds(used.cpu) / count as f64))
}

/// Ignores the first quarter, in which memory grows anyway and shared descriptors are opened.
fn memory(server: &mut Server, count: usize) -> Result<Figures> {
    visit(server, count / 4)?;
    server.ask("settle")?;
    let descriptors = server.process.descriptor_count()?;
    let resident = server.process.resident_bytes()?;
    visit(server, count - count / 4)?;
    server.ask("settle")?;
    let growth = mebibytes(server.process.resident_bytes()?) - mebibytes(resident);
    let left = server.process.descriptor_count()? as f64 - descriptors as f64;
    Ok(Figures::new()
        .with("connections", count as f64)
        .with("descriptors left", left)
        .with("memory growth in the last three quarters MiB", growth))
}

/// Opens and closes `count` connections; returns the first error.
fn visit(server: &Server, count: usize) -> Result<()> {
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    let mut visitors: Vec<Option<TcpStream>> = Vec::new();
    let arrive = |place: usize| -> Result<TcpStream> {
        let mut stream = server.connect()?;
        epoll::add(&epoll, &stream, EventData::new_u64(place as u64), EventFlags::IN)?;
        stream.write_all(&[place as u8])?;
        Ok(stream)
    };
    for place in 0..AT_ONCE.min(count) {
        visitors.push(Some(arrive(place)?));
    }
    let (mut left, mut coming) = (count, count - visitors.len());
    while left > 0 {
        let mut events = Vec::with_capacity(AT_ONCE);
        if epoll::wait(&epoll, spare_capacity(&mut events), Some(&SILENCE.try_into()?))? == 0 {
            bail!("{left} visitors hear nothing");
        }
        for event in &events {
            let place = event.data.u64() as usize;
            let visitor = visitors.get_mut(place).context("an unknown visitor")?;
            leave(visitor.take().context("a visitor that has gone")?, place)?;
            left -= 1;
            if coming > 0 {
                coming -= 1;
                *visitor = Some(arrive(place)?);
            }
        }
    }
    Ok(())
}

fn leave(mut visitor: TcpStream, place: usize) -> Result<()> {
    let mut answer = [0; 2];
    let count = visitor.read(&mut answer)?;
    if count != 1 || usize::from(answer[0]) != place {
        bail!("a visitor heard {count} bytes: {answer:?}");
    }
    Ok(())
}
