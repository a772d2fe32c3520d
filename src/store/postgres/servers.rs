//! Which server: of several hosts the one that can be written to, and the connections to it.
//!
//! Everything goes there, reading too: a standby may lag behind, and a plan from an old state helps
//! nobody. After a failover the connections are made anew; nothing is tried twice here that
//! may have been carried out.

use super::batch::Answer;
use super::direct::Mark;
use super::line::{Intent, Line};
use super::{StoreError, error};
use crate::config::SecretRef;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, PgTransaction, Row as _};
use std::future::Future;
use std::str::FromStr;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;
use tokio::time::timeout;

/// How many connections at most, beside the one for writing.
const CONNECTIONS: u32 = 3;

/// How long to wait for a connection. A refused one is tried again meanwhile.
const CONNECT: Duration = Duration::from_secs(10);

/// The same for one of several hosts: a network that swallows everything must not keep the others
/// from being tried.
const ONE_OF_SEVERAL: Duration = Duration::from_secs(3);

/// SQLSTATE.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// The pause after a refused connection.
const AGAIN: Duration = Duration::from_millis(100);

/// See the module's text.
#[derive(Debug)]
pub(super) struct Servers {
    /// Without the password, which may change.
    hosts: Vec<PgConnectOptions>,
    password: Option<SecretRef>,
    pool: RwLock<Pool>,
    /// One looks for the right host at a time.
    looking: tokio::sync::Mutex<()>,
}

/// Connections to one host.
#[derive(Debug, Clone)]
struct Pool {
    pool: PgPool,
    /// Nobody shares them: statements may be kept in them under names.
    direct: bool,
    /// What tells them from those to another host.
    mark: Mark,
}

/// Whether a writer's transaction has its turn.
pub(super) enum Begun {
    Here(Vec<Answer>),
    SomebodyElse,
}

/// A transaction, and whether its connection is ours alone.
pub(super) struct Pooled {
    pub(super) tx: PgTransaction<'static>,
    pub(super) direct: bool,
}

impl Servers {
    /// Connects once, to know now whether it can be done.
    pub(super) async fn open(url: &str, password: Option<&SecretRef>) -> Result<Self, StoreError> {
        let hosts = split(url)?
            .iter()
            .map(|url| {
                let options = PgConnectOptions::from_str(url)
                    .map_err(|e| StoreError::Refused(format!("database.url: {e}")))?
                    .application_name("rosterd")
                    .disable_statement_logging();
                Ok(options)
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let with_password = signed_in(&hosts, password)?;
        let host = if hosts.len() > 1 { writable(&with_password).await? } else { 0 };
        let pool = pool(&with_password, host).await?;
        let (password, pool) = (password.cloned(), RwLock::new(pool));
        Ok(Self { hosts, password, pool, looking: tokio::sync::Mutex::new(()) })
    }

    /// The connections to the server in use.
    fn pool(&self) -> Pool {
        self.pool.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many connections there are, and how many of them nobody uses.
    pub(super) fn size(&self) -> (u32, usize) {
        let Pool { pool, .. } = self.pool();
        let all = pool.size();
        // One that is given back can be taken and counted out before it is counted in: for that moment the pool's number
        // is below nothing, which is the largest that there is.
        (all, pool.num_idle().min(all as usize))
    }

    /// Begins a transaction where it can be done. Nothing was carried out before that, so that this
    /// may be tried on another server.
    pub(super) async fn begin(&self, begin: &str) -> Result<Pooled, StoreError> {
        let begin = |Pool { pool, direct, .. }| async move {
            Ok(Pooled { tx: pool.begin_with(AssertSqlSafe(begin.to_owned())).await?, direct })
        };
        self.somewhere(begin).await
    }

    /// Begins to write, on that connection if it is still good.
    pub(super) async fn write(&self, line: Option<Line>, intent: Intent) -> Result<(Line, Begun), StoreError> {
        let begin = |mut line: Line| async move {
            match line.begin(intent).await {
                Ok(answers) => Ok((line, Begun::Here(answers))),
                Err(sqlx::Error::Database(taken)) if taken.code().as_deref() == Some(LOCK_NOT_AVAILABLE) => {
                    Ok((line, Begun::SomebodyElse))
                }
                Err(failed) => Err(failed),
            }
        };
        let pool = self.pool();
        if let Some(line) = line.filter(|line| line.of == pool.mark) {
            match timeout(CONNECT, begin(line)).await {
                Ok(Ok(begun)) => return Ok(begun),
                Ok(Err(e)) if !may_be_elsewhere(&e) => return Err(error(e)),
                // It has ended since. There may be others.
                Ok(Err(_)) => {}
                // Nothing comes back, and would not over the others either.
                Err(_) => self.look_again(&pool).await?,
            }
        }
        self.somewhere(|Pool { pool, direct, mark }| async move {
            begin(Line::new(pool.acquire().await?.detach(), direct, mark)).await
        })
        .await
    }

    /// The one number that a statement answers which may be carried out twice. It is one message: outside
    /// a transaction a pooler may send the next one to another server connection.
    pub(super) async fn number(&self, sql: &'static str) -> Result<i64, StoreError> {
        let ask = |Pool { pool, direct, .. }| async move {
            let row = match direct {
                true => sqlx::query(sql).persistent(true).fetch_one(&pool).await?,
                false => sqlx::raw_sql(sql).fetch_one(&pool).await?,
            };
            row.try_get(0)
        };
        self.somewhere(ask).await
    }

    /// Does it with the connections there are, and once more with new ones when those lead nowhere.
    async fn somewhere<T, F: Future<Output = Result<T, sqlx::Error>>>(
        &self,
        work: impl Fn(Pool) -> F,
    ) -> Result<T, StoreError> {
        let pool = self.pool();
        // A network that swallows everything says nothing, ever.
        let failed = match timeout(CONNECT, work(pool.clone())).await.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
            Ok(done) => return Ok(done),
            Err(e) if !may_be_elsewhere(&e) => return Err(error(e)),
            Err(e) => error(e),
        };
        match self.look_again(&pool).await {
            Ok(()) => {
                let done = timeout(CONNECT, work(self.pool())).await.unwrap_or(Err(sqlx::Error::PoolTimedOut));
                done.map_err(error)
            }
            Err(nowhere) if self.hosts.len() > 1 => Err(nowhere),
            Err(_) => Err(failed),
        }
    }

    /// New connections, to the host that can be written to.
    async fn look_again(&self, failed: &Pool) -> Result<(), StoreError> {
        let _one = self.looking.lock().await;
        if failed.mark != self.pool().mark {
            return Ok(());
        }
        // The password may have been changed since the connections were made.
        let hosts = signed_in(&self.hosts, self.password.as_ref())?;
        let host = writable(&hosts).await?;
        let new = pool(&hosts, host).await?;
        let old = std::mem::replace(&mut *self.pool.write().unwrap_or_else(PoisonError::into_inner), new);
        // Some of its connections may hang: nobody waits for them.
        tokio::spawn(async move { old.pool.close().await });
        tracing::info!(host = self.hosts.get(host).map_or("", |o| o.get_host()), "connected to the database anew");
        Ok(())
    }
}

/// The hosts with the password as it is now.
fn signed_in(hosts: &[PgConnectOptions], password: Option<&SecretRef>) -> Result<Vec<PgConnectOptions>, StoreError> {
    let Some(password) = password else { return Ok(hosts.to_vec()) };
    let password = password.resolve().map_err(|e| StoreError::Refused(format!("database.password: {e}")))?;
    Ok(hosts.iter().map(|host| host.clone().password(password.expose())).collect())
}

fn may_be_elsewhere(e: &sqlx::Error) -> bool {
    match e {
        sqlx::Error::Database(refused) => match refused.code().as_deref() {
            Some("25006" | "0A000") => is_standby(refused.message()),
            // It stops or starts; the password is another one by now.
            Some("57P01" | "57P02" | "57P03" | "28000" | "28P01") => true,
            _ => false,
        },
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}

/// Connections to that host, which can be reached.
async fn pool(hosts: &[PgConnectOptions], host: usize) -> Result<Pool, StoreError> {
    let options = hosts.get(host).cloned().unwrap_or_default();
    let patience = if hosts.len() > 1 { ONE_OF_SEVERAL } else { CONNECT };
    let mark = Mark::new()?;
    let proof = async {
        loop {
            match mark.proves(&options).await {
                // It may be about to start.
                Err(sqlx::Error::Io(_)) => tokio::time::sleep(AGAIN).await,
                proof => return proof,
            }
        }
    };
    let direct = timeout(patience, proof).await.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(error)?;
    if direct {
        let options = mark.on(&options);
        let pool = of(patience).after_connect(move |connection, _| {
            Box::pin(async move {
                match mark.kept(connection).await? {
                    true => Ok(()),
                    // Somebody has put a pooler in between since.
                    false => Err(sqlx::Error::WorkerCrashed),
                }
            })
        });
        return Ok(Pool { pool: pool.connect_lazy_with(options), direct, mark });
    }
    let pool = of(patience).connect_lazy_with(options);
    pool.acquire().await.map_err(error)?;
    Ok(Pool { pool, direct, mark })
}

fn of(patience: Duration) -> PgPoolOptions {
    // Not tried before each use: `somewhere` goes on with new ones where one has ended.
    PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(patience).test_before_acquire(false)
}

/// The first host that can be written to.
async fn writable(hosts: &[PgConnectOptions]) -> Result<usize, StoreError> {
    let mut said = Vec::new();
    for (n, host) in hosts.iter().enumerate() {
        match timeout(ONE_OF_SEVERAL, is_writable(host)).await {
            Ok(Ok(true)) => return Ok(n),
            Ok(Ok(false)) => said.push(format!("{}:{}: a standby", host.get_host(), host.get_port())),
            Ok(Err(e)) => match error(e) {
                // A wrong password is wrong at the next host, too.
                refused @ StoreError::Refused(_) => return Err(refused),
                other => said.push(format!("{}:{}: {other}", host.get_host(), host.get_port())),
            },
            Err(_) => said.push(format!("{}:{}: no answer", host.get_host(), host.get_port())),
        }
    }
    Err(StoreError::Unreachable(format!("no host can be written to ({})", said.join("; "))))
}

async fn is_writable(host: &PgConnectOptions) -> Result<bool, sqlx::Error> {
    let mut connection = PgConnection::connect_with(host).await?;
    let row = sqlx::raw_sql("SHOW transaction_read_only").fetch_one(&mut connection).await?;
    let read_only: String = row.try_get(0)?;
    let _gone = connection.close().await;
    Ok(read_only == "off")
}

/// What PostgreSQL says of a statement that a standby cannot carry out. Its codes stand for more.
pub(super) fn is_standby(message: &str) -> bool {
    message.contains("read-only transaction")
        || message.contains("during recovery")
        || message.contains("read-write mode")
}

/// An address of several hosts, `postgres://user@a:5432,b:5433/name`, as one for each. libpq's
/// `target_session_attrs` may say what holds anyhow.
fn split(url: &str) -> Result<Vec<String>, StoreError> {
    let refused = |why: &str| Err(StoreError::Refused(format!("database.url: {why}")));
    let Some((scheme, rest)) = url.split_once("://") else {
        return refused("write postgres://user@host:port/name");
    };
    let (address, parameters) = rest.split_once('?').map_or((rest, None), |(a, p)| (a, Some(p)));
    let mut kept = Vec::new();
    for parameter in parameters.into_iter().flat_map(|p| p.split('&')) {
        match parameter.split_once('=') {
            Some(("target_session_attrs", "read-write" | "primary")) => {}
            Some(("target_session_attrs", _)) => {
                return refused("target_session_attrs can only be read-write: rosterd uses the server it can write to");
            }
            _ => kept.push(parameter),
        }
    }
    let (authority, name) = address.split_once('/').map_or((address, None), |(a, n)| (a, Some(n)));
    let (user, hosts) = authority.rsplit_once('@').map_or((None, authority), |(u, h)| (Some(u), h));
    Ok(hosts
        .split(',')
        .map(|host| {
            let mut url = format!("{scheme}://");
            for part in user.into_iter().flat_map(|user| [user, "@"]) {
                url.push_str(part);
            }
            url.push_str(host);
            for part in name.into_iter().flat_map(|name| ["/", name]) {
                url.push_str(part);
            }
            if !kept.is_empty() {
                url.push('?');
                url.push_str(&kept.join("&"));
            }
            url
        })
        .collect())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_several_hosts_is_one_for_each() {
        let all = split("postgres://u@a:1,b:2,[::1]:3/d?sslmode=require&target_session_attrs=read-write").unwrap();
        let one = |host: &str| format!("postgres://u@{host}/d?sslmode=require");
        assert_eq!(all, [one("a:1"), one("b:2"), one("[::1]:3")]);
        assert_eq!(split("postgresql://a").unwrap(), ["postgresql://a"]);
        assert_eq!(split("postgres://a/d?target_session_attrs=primary").unwrap(), ["postgres://a/d"]);
        assert!(split("postgres://a,b/d?target_session_attrs=any").is_err());
    }
}
