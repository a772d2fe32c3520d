//! The two commands that take things away for good: both typed by a person, both on record.

use super::args::Args;
use super::context;
use super::exit::{Exit, Failure};
use super::output::write_out;
use super::sync::sync_all;
use crate::clock::{Clock as _, SystemClock};
use crate::store::Access;

/// `rosterd purge LOGIN`
pub(super) async fn purge(args: &Args, login: &str, yes: bool) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    if !yes {
        let store = context::open(&loaded, Access::Read).await?;
        let person = store.people(login).await?.into_iter().find(|person| person.login == login);
        let Some(person) = person else { return Err(nobody(login)) };
        write_out(&format!(
            "{login} (number {}, {}) would be deleted for good; say --yes to do it\n",
            person.id, person.state
        ))?;
        return Ok(Exit::Done);
    }
    let store = context::open_to_write(args, &loaded).await?;
    if !store.purge(login, "command", SystemClock.now()).await? {
        return Err(nobody(login));
    }
    write_out(&format!("{login} is deleted\n"))?;
    Ok(Exit::Done)
}

fn nobody(login: &str) -> Failure {
    Failure::failed(format!("nobody has the login {login:?}"))
}

/// `rosterd retire PROVIDER`
pub(super) async fn retire(args: &Args, provider: &str) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open_to_write(args, &loaded).await?;
    let known = store.counts().await?.providers.into_iter().any(|(name, ..)| name == provider);
    if !known {
        return Err(Failure::failed(format!("the database knows no provider {provider:?}; see `rosterd status`")));
    }
    if loaded.config.providers.contains_key(provider) {
        return Err(Failure::failed(format!(
            "the provider {provider} is still configured: the next sync would give everything back. Take it out of {} first",
            args.config.display()
        )));
    }
    let mut engine = context::engine(&loaded, store)?;
    engine.retiring.insert(provider.to_owned());
    sync_all(args, &engine, &[provider.to_owned()]).await
}
