//! `rosterd db`: the tables and their migrations.

use super::args::{Args, Db};
use super::context;
use super::exit::{Exit, Failure};
use super::output::{moment, print, table};
use crate::clock::{Clock as _, SystemClock};
use crate::store::Access;
use serde_json::json;

pub(super) async fn run(args: &Args, what: &Db) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    match what {
        Db::Migrate => {
            let store = context::open(&loaded, Access::Write).await?;
            let applied = store.migrate(SystemClock.now()).await?;
            let text = || match applied.as_slice() {
                [] => "the tables are up to date\n".to_owned(),
                names => names.iter().map(|name| format!("applied {name}\n")).collect(),
            };
            print(args, text, || json!({ "applied": applied }))?;
        }
        Db::Status => {
            let store = context::open(&loaded, Access::Read).await?;
            let migrations = store.migrations().await?;
            let rows: Vec<Vec<String>> =
                migrations.iter().map(|m| vec![m.name.to_owned(), moment(m.applied_at)]).collect();
            print(
                args,
                || table(&["MIGRATION", "APPLIED"], &rows),
                || {
                    let all: Vec<_> =
                        migrations.iter().map(|m| json!({ "name": m.name, "applied_at": m.applied_at })).collect();
                    json!({ "migrations": all })
                },
            )?;
        }
    }
    Ok(Exit::Done)
}
