//! A server in a process of its own, and the way to talk with it.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

use crate::contender::Contender;
use crate::placement::{Placement, Side};
use crate::usage::Process;

/// Where the scripts are, from the top of the checkout.
const SCRIPTS: &str = "bench/servers";

/// How a connection with the other process is made.
enum Peer {
    /// It listens here.
    Server(SocketAddr),
    /// It connects where this listens.
    Client(TcpListener),
}

/// A server that listens, or a client that connects when it is told to. It ends when this is dropped.
pub struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    peer: Peer,
    /// What the kernel counts of it.
    pub process: Process,
}

impl Server {
    /// Starts `contender` to do what `task` says (its `name`, and what that takes), and puts both sides where `placement`
    /// wants them.
    ///
    /// # Errors
    /// When it does not start or does not say where it listens.
    pub fn start(contender: Contender, placement: Placement, task: &Value) -> Result<Self> {
        placement.take(Side::Server)?;
        let mut child = command(contender, task)?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        placement.take(Side::Generator)?;
        let input = child.stdin.take().context("the server has no standard input")?;
        let output = BufReader::new(child.stdout.take().context("the server has no standard output")?);
        let process = Process::new(child.id());
        let peer = Peer::Client(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?);
        let mut server = Self { child, input, output, peer, process };
        let port = server.hear("listening")?.as_u64().context("a port is a number")?;
        // A client says none.
        if port != 0 {
            server.peer = Peer::Server(SocketAddr::from((Ipv4Addr::LOCALHOST, u16::try_from(port)?)));
        }
        Ok(server)
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When it is a client.
    pub fn address(&self) -> Result<SocketAddr> {
        match self.peer {
            Peer::Server(address) => Ok(address),
            Peer::Client(_) => bail!("a client listens nowhere"),
        }
    }

    /// A connection to it, whose small messages leave at once.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn connect(&self) -> Result<TcpStream> {
        let stream = match &self.peer {
            Peer::Server(address) => TcpStream::connect(address)?,
            Peer::Client(listener) => {
                self.tell(&format!("connect {}", listener.local_addr()?.port()))?;
                listener.accept()?.0
            }
        };
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Sends a command and returns the value of its answer, which has the same name.
    ///
    /// # Errors
    /// When the server says something else, or nothing any more.
    pub fn ask(&mut self, name: &str) -> Result<Value> {
        self.tell(name)?;
        self.hear(name)
    }

    /// Sends a command.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn tell(&self, name: &str) -> Result<()> {
        let mut input = &self.input;
        writeln!(input, "{}", json!({ "name": name }))?;
        Ok(input.flush()?)
    }

    /// The value of the next line, which must be called `name`.
    ///
    /// # Errors
    /// As [`Server::ask`].
    pub fn hear(&mut self, name: &str) -> Result<Value> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line).with_context(|| format!("the server said {line:?}"))?;
        match said.get("name").and_then(Value::as_str) {
            Some(found) if found == name => Ok(said.get("value").cloned().unwrap_or_default()),
            _ => bail!("the server said {line:?} instead of {name:?}"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Node with the scripts, or a program that lies beside this one.
fn command(contender: Contender, task: &Value) -> Result<Command> {
    let beside = |name: &str| -> Result<Command> { Ok(Command::new(env::current_exe()?.with_file_name(name))) };
    let mut command = match contender {
        Contender::Module => node("module.mjs"),
        Contender::Net => node("net.mjs"),
        Contender::Engine => beside("engine_server")?,
        Contender::Raw => beside("raw_server")?,
    };
    command.arg(task.to_string());
    Ok(command)
}

/// With the garbage collector at hand, so that memory can be compared.
pub fn node(script: &str) -> Command {
    let mut node = Command::new("node");
    node.arg("--expose-gc").arg(format!("{SCRIPTS}/{script}"));
    node
}

/// Lets this process and its children have as many descriptors as they may.
///
/// # Errors
/// When the kernel refuses.
pub fn raise_descriptor_limit() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?)
}
