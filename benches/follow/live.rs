//! `rosterd run`, told of changes as they happen.

use crate::directory::{SUFFIX, login};
use crate::slapd::{PASSWORD, Slapd, reader, stop};
use crate::times::Times;
use anyhow::{Context as _, Result, ensure};
use rusqlite::{Connection, OpenFlags};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// So many changes, one after the other.
const CHANGES: u32 = 200;
/// Between two: alone, each is asked for at once. What comes sooner waits until a tenth of a second after the one
/// before.
const PAUSE: Duration = Duration::from_millis(150);
/// Longer than any takes.
const TOO_LONG: Duration = Duration::from_secs(60);

pub(crate) struct Live {
    pub(crate) times: Times,
    /// In MB.
    pub(crate) most_memory: u64,
}

/// People come into a group of their own and leave it; the team is watched in the table.
pub(crate) fn measure(work: &Path, slapd: &Slapd, people: u32) -> Result<Live> {
    let group = format!("cn=grp-live,ou=groups,{SUFFIX}");
    slapd.modify(&format!(
        "dn: {group}\nchangetype: add\nobjectClass: groupOfNames\ncn: grp-live\nmember: {}\n",
        person(0)
    ))?;
    let program = std::fs::canonicalize("target/release/rosterd").context("target/release/rosterd: make build")?;
    let child = Command::new(program)
        .args(["--config", "rosterd.toml", "run"])
        .current_dir(work)
        .stdin(Stdio::null())
        .stderr(std::fs::File::create(work.join("log"))?)
        .spawn()?;
    let mut daemon = Daemon(child);
    let table = Connection::open_with_flags(work.join("bench.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    table.busy_timeout(Duration::from_secs(10))?;
    wait(&table, 0, true)?;
    let mut editor = Editor::start(slapd)?;
    let mut times = Times::default();
    for n in 0..CHANGES {
        let who = 1 + (n / 2).wrapping_mul(7919) % (people - 1);
        let joins = n % 2 == 0;
        let what = if joins { "add" } else { "delete" };
        std::thread::sleep(PAUSE);
        let begun = Instant::now();
        editor.send(&format!("dn: {group}\nchangetype: modify\n{what}: member\nmember: {}\n\n", person(who)))?;
        wait(&table, who, joins)?;
        times.add(begun.elapsed());
    }
    Ok(Live { times, most_memory: daemon.memory()? })
}

fn person(n: u32) -> String {
    format!("uid={},ou=people,{SUFFIX}", login(n))
}

/// Until somebody is, or is not, in the team.
fn wait(table: &Connection, who: u32, there: bool) -> Result<()> {
    let begun = Instant::now();
    let mut ask = table.prepare(
        "SELECT EXISTS (SELECT 1 FROM team_members m JOIN teams t ON t.id = m.team_id JOIN users u ON u.id = m.user_id
         WHERE t.name = 'grp-live' AND u.login = ?1)",
    )?;
    while ask.query_row([login(who)], |row| row.get::<_, bool>(0))? != there {
        ensure!(begun.elapsed() < TOO_LONG, "{} is not followed", login(who));
        std::thread::sleep(Duration::from_micros(500));
    }
    Ok(())
}

/// Stopped on drop.
struct Daemon(Child);

impl Daemon {
    fn memory(&mut self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).context("no VmHWM")?;
        let kilobytes: u64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
        Ok(kilobytes / 1024)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        stop(&mut self.0, "-TERM");
    }
}

/// One `ldapmodify` for all changes: starting it costs more than a change. Ends with its input.
struct Editor {
    child: Child,
    input: ChildStdin,
}

impl Editor {
    fn start(slapd: &Slapd) -> Result<Self> {
        let mut child = Command::new("ldapmodify")
            .args(["-x", "-H", &slapd.url(), "-D", &reader(), "-w", PASSWORD])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let input = child.stdin.take().context("no input")?;
        Ok(Self { child, input })
    }

    fn send(&mut self, change: &str) -> Result<()> {
        ensure!(self.child.try_wait()?.is_none(), "ldapmodify has ended");
        self.input.write_all(change.as_bytes())?;
        Ok(self.input.flush()?)
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        stop(&mut self.child, "-TERM");
    }
}
