//! What most commands start with: the configuration, the database, the providers.

use super::args::Args;
use super::exit::{Exit, Failure};
use super::output::note;
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Loaded};
use crate::providers::Progress;
use crate::random::SystemRandom;
use crate::store::{self, Access, Store, StoreError};
use crate::sync::{Compiled, Engine, Passes};
use crate::worker::{self, Surroundings};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// The configuration; its warnings go to standard error.
pub(crate) fn load(args: &Args) -> Result<Loaded, Failure> {
    warned(args, read(args)?)
}

/// Other rules to be tried, completed from the configuration; the same with their warnings.
pub(crate) fn load_rules(args: &Args, path: &Path) -> Result<Loaded, Failure> {
    warned(args, config::load_rules(path, &args.config, &environment())?)
}

fn warned(args: &Args, loaded: Loaded) -> Result<Loaded, Failure> {
    if !loaded.warnings.is_empty() {
        note(args, loaded.warnings.to_string().trim_end());
        if args.deny_warnings {
            return Err(Failure::new(Exit::Warnings, "warnings are denied (--deny-warnings)"));
        }
    }
    Ok(loaded)
}

/// The configuration, for a command whose result its warnings are.
pub(crate) fn read(args: &Args) -> Result<Loaded, Failure> {
    Ok(config::load(&args.config, &environment())?)
}

/// `ROSTERD__…` settings.
pub(crate) fn environment() -> Vec<(String, String)> {
    std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?))).collect()
}

/// The database as it is; the tables must be there.
pub(crate) async fn open(loaded: &Loaded, access: Access) -> Result<Arc<dyn Store>, Failure> {
    let database = &loaded.config.database;
    if let Some(password) = &database.password {
        let checked = password.resolve();
        checked.map_err(|error| Failure::new(Exit::Configuration, format!("database.password: {error}")))?;
    }
    Ok(store::open(&database.url, database.password.as_ref(), access).await?)
}

/// The database for a command that writes: its tables are brought up to date first.
pub(crate) async fn open_to_write(args: &Args, loaded: &Loaded) -> Result<Arc<dyn Store>, Failure> {
    let store = open(loaded, Access::Write).await?;
    for name in store.migrate(SystemClock.now()).await? {
        note(args, &format!("database: applied migration {name}"));
    }
    Ok(store)
}

/// The database if it is there and has tables.
pub(crate) async fn open_existing(loaded: &Loaded) -> Result<Option<Arc<dyn Store>>, Failure> {
    let missing = loaded.config.database.url.strip_prefix("sqlite:").is_some_and(|path| {
        let path = path.strip_prefix("//").unwrap_or(path);
        !Path::new(path).exists()
    });
    if missing {
        return Ok(None);
    }
    let store = open(loaded, Access::Read).await?;
    let new = match store.migrations().await {
        Ok(migrations) => migrations.iter().all(|migration| migration.applied_at.is_none()),
        Err(StoreError::Schema(_)) => false,
        Err(error) => return Err(error.into()),
    };
    Ok((!new).then_some(store))
}

/// The database for a command that only plans: one that is not there yet counts as empty.
pub(crate) async fn open_to_plan(args: &Args, loaded: &Loaded) -> Result<Arc<dyn Store>, Failure> {
    if let Some(store) = open_existing(loaded).await? {
        return Ok(store);
    }
    note(args, "note: the database has no tables yet; `rosterd sync` makes them");
    Ok(Arc::new(store::Absent))
}

/// Everything that a run needs.
pub(crate) fn engine(loaded: &Loaded, store: Arc<dyn Store>) -> Result<Engine, Failure> {
    let around = Surroundings { store, clock: Arc::new(SystemClock), random: Arc::new(SystemRandom) };
    worker::engine(loaded, &around, None).map_err(|why| Failure::new(Exit::Configuration, why))
}

/// The same for a run that asks no provider.
pub(crate) fn engine_without_providers(loaded: &Loaded, store: Arc<dyn Store>) -> Engine {
    Engine {
        providers: BTreeMap::new(),
        config: loaded.config.clone(),
        config_hash: loaded.hash.clone(),
        places: loaded.places.clone(),
        store,
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        progress: Arc::new(Progress::default()),
        compiled: Compiled::default(),
        passes: Passes::default(),
        retiring: BTreeSet::new(),
        following: false,
    }
}

/// The providers that were named, or all that can be asked for somebody.
pub(crate) fn chosen_to_ask(engine: &Engine, named: &[String]) -> Result<Vec<String>, Failure> {
    let by_login = |name: &&String| engine.config.providers.get(*name).is_some_and(config::Provider::knows_logins_only);
    if let Some(name) = named.iter().find(by_login) {
        let message = format!("provider {name} cannot be asked: its people are known by their logins only");
        return Err(Failure::new(Exit::Usage, message));
    }
    among(engine.providers.keys().cloned().collect(), named)
}

/// The providers that were named, or all that are configured.
pub(crate) fn chosen(engine: &Engine, named: &[String]) -> Result<Vec<String>, Failure> {
    let known: Vec<String> = engine.with_runs().into_iter().collect();
    // Files alone are something to do, too.
    if known.is_empty() && named.is_empty() && engine.provisions() {
        return Ok(known);
    }
    among(known, named)
}

fn among(known: Vec<String>, named: &[String]) -> Result<Vec<String>, Failure> {
    if let Some(unknown) = named.iter().find(|name| !known.contains(name)) {
        let known = known.join(", ");
        return Err(Failure::new(Exit::Usage, format!("there is no provider {unknown:?}; there are: {known}")));
    }
    let chosen = if named.is_empty() { known } else { named.to_vec() };
    if chosen.is_empty() {
        let message = "the configuration has no provider for that: add [providers.NAME] with `ldap` or `file`";
        return Err(Failure::new(Exit::Configuration, message));
    }
    Ok(chosen)
}
