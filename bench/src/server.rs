//! A server in its own process, and the communication with it.

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

/// Folder of the scripts, relative to the root.
const SCRIPTS: &str = "bench/servers";

/// Connection with the other process.
enum Peer {
    /// The server listens on this address.
    Server(SocketAddr),
    /// The client connects to this listener.
    Client(TcpListener),
}

/// A server that listens, or a client that connects on command. Dropping it ends the process.
pub struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    peer: Peer,
    /// Kernel statistics of the process.
    pub process: Process,
}

impl Server {
    /// Starts `contender` with `task` (`name` and parameters) and sets the placement of both sides.
    ///
    /// # Errors
    /// When it does not start or does not report its address.
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
        // A client reports no port.
        if port != 0 {
            server.peer = Peer::Server(SocketAddr::from((Ipv4Addr::LOCALHOST, u16::try_from(port)?)));
        }
        Ok(server)
    }

    /// Returns the address of the server.
    ///
    /// # Errors
    /// When it is a client.
    pub fn address(&self) -> Result<SocketAddr> {
        match self.peer {
            Peer::Server(address) => Ok(address),
            Peer::Client(_) => bail!("a client listens nowhere"),
        }
    }

    /// Connects to the server, with `TCP_NODELAY`.
    ///
    /// # Errors
    /// The kernel's error.
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

    /// Sends a command and returns the value of its reply, which has the same name.
    ///
    /// # Errors
    /// When the server replies with another name, or has ended.
    pub fn ask(&mut self, name: &str) -> Result<Value> {
        self.tell(name)?;
        self.hear(name)
    }

    /// Sends a command.
    ///
    /// # Errors
    /// When the server has ended.
    pub fn tell(&self, name: &str) -> Result<()> {
        let mut input = &self.input;
        writeln!(input, "{}", json!({ "name": name }))?;
        Ok(input.flush()?)
    }

    /// Returns the value of the next line, which must have the name `name`.
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
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the command of Node with a script, or of a program in this folder.
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

/// Returns a Node command with access to the garbage collector, for comparisons of memory.
pub fn node(script: &str) -> Command {
    let mut node = Command::new("node");
    node.arg("--expose-gc").arg(format!("{SCRIPTS}/{script}"));
    node
}

/// Raises the descriptor limit of this process and its children to the maximum.
///
/// # Errors
/// When the kernel refuses.
pub fn raise_descriptor_limit() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?)
}
