//! `rosterd explain`: why somebody has a right or has it not, and what a group does. Reads the
//! database and the configuration, never a provider; changes nothing.

mod code;
mod permission;
mod text;

use super::args::{Args, Explain};
use super::context;
use super::exit::{Exit, Failure};
use super::output::print;
use crate::clock::{Clock as _, SystemClock};
use crate::explain::{self, Book};
use crate::store::Access;
use serde::Serialize;
use serde_json::{Map, Value};

pub(super) async fn run(args: &Args, what: &Explain) -> Result<Exit, Failure> {
    if let Explain::Code { code: wanted } = what {
        return code::run(args, wanted.as_deref());
    }
    let loaded = context::load(args)?;
    let store = context::open(&loaded, Access::Read).await?;
    let book = Book::new(&loaded.config, &loaded.places).map_err(|error| Failure::new(Exit::Configuration, error))?;
    match what {
        Explain::User { query } => {
            let views = store.people(query).await?;
            if views.is_empty() {
                return Err(Failure::failed(format!(
                    "nobody has the login, e-mail address or #number {query:?}. Logins count with their case; \
                     `rosterd plan` shows people whom the database does not have yet"
                )));
            }
            let (orgs, now) = (store.orgs().await?, SystemClock.now());
            let people: Vec<_> = views.iter().map(|view| explain::person(view, &book, &orgs, now)).collect();
            show(args, "people", &people, text::person)
        }
        Explain::Group { query } => {
            let views = store.groups(query).await?;
            if views.is_empty() {
                return Err(Failure::failed(format!(
                    "no provider has shown a group whose name or DN is {query:?}; `rosterd status` shows when each was read"
                )));
            }
            let groups: Vec<_> = views.iter().map(|view| explain::group(view, &book)).collect();
            show(args, "groups", &groups, text::group)
        }
        Explain::Permission(asked) => permission::run(args, asked, store.as_ref(), SystemClock.now()).await,
        Explain::Code { code: wanted } => code::run(args, wanted.as_deref()),
    }
}

fn show<T: Serialize>(args: &Args, key: &str, found: &[T], text: impl Fn(&T) -> String) -> Result<Exit, Failure> {
    let value = serde_json::to_value(found)
        .map_err(|error| Failure::failed(format!("the explanation cannot be written: {error}")))?;
    let table = || found.iter().map(text).collect::<Vec<_>>().join("\n");
    print(args, table, || Value::Object(Map::from_iter([(key.to_owned(), value)])))?;
    Ok(Exit::Done)
}
