//! Where the configuration comes from, and what a run works with, made from it.

use crate::clock::Clock;
use crate::config::{self, Config, Diagnostics, Loaded};
use crate::providers::{self, Directory, Progress};
use crate::random::Random;
use crate::store::Store;
use crate::sync::{Compiled, Engine, Passes};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

/// A place from which the configuration can be read again.
pub trait Source: Send + Sync + 'static {
    /// Reads and checks the whole. May wait for files.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn load(&self) -> Result<Loaded, Diagnostics>;
}

/// A file, and the settings that the environment puts over it.
#[derive(Debug, Clone)]
pub struct FileSource {
    pub path: PathBuf,
    /// `ROSTERD__…`.
    pub environment: Vec<(String, String)>,
}

impl Source for FileSource {
    fn load(&self) -> Result<Loaded, Diagnostics> {
        config::load(&self.path, &self.environment)
    }
}

/// What an engine is given besides the configuration.
#[derive(Debug, Clone)]
pub struct Surroundings {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
}

/// Whether whoever verifies logins can be made. A daemon asks; a command, which verifies none, need not be able to read
/// the keys for that.
///
/// # Errors
/// For a person: the provider that cannot be made, and why.
pub fn logins(config: &Config) -> Result<(), String> {
    for (name, section) in &config.providers {
        providers::build_login(section).map_err(|error| format!("providers.{name}: {error}"))?;
    }
    Ok(())
}

/// What a run of this configuration works with. Providers whose sections are as `before` had them
/// are the same ones: they may have connections open.
///
/// # Errors
/// For a person: the provider that cannot be made, and why.
pub fn engine(loaded: &Loaded, around: &Surroundings, before: Option<&Engine>) -> Result<Engine, String> {
    let mut directories = BTreeMap::new();
    for (name, section) in &loaded.config.providers {
        let same = before.and_then(|before| same(before, &loaded.config, name));
        let directory = match same {
            Some(directory) => Some(directory),
            None => providers::build(section).map_err(|error| format!("providers.{name}: {error}"))?,
        };
        directories.extend(directory.map(|directory| (name.clone(), directory)));
    }
    Ok(Engine {
        providers: directories,
        config: loaded.config.clone(),
        places: loaded.places.clone(),
        config_hash: loaded.hash.clone(),
        store: Arc::clone(&around.store),
        clock: Arc::clone(&around.clock),
        random: Arc::clone(&around.random),
        progress: Arc::new(Progress::default()),
        compiled: Compiled::default(),
        passes: Passes::default(),
        retiring: BTreeSet::new(),
        following: before.is_some_and(|before| before.following),
    })
}

fn same(before: &Engine, now: &Config, name: &str) -> Option<Arc<dyn Directory>> {
    let directory = before.providers.get(name)?;
    let (old, new) = (before.config.providers.get(name)?, now.providers.get(name)?);
    let equal = serde_json::to_value(old).ok()? == serde_json::to_value(new).ok()?;
    equal.then(|| Arc::clone(directory))
}
