//! The decision of `simulate`, in this process: the same function that the command calls.

use rosterd::config::Loaded;
use rosterd::sync::Simulation;
use rosterd_core::mapping::Document;
use serde_json::Value;

/// Nothing is known but what the configuration declares: there is no database.
pub fn decide(loaded: &Loaded, provider: &str, person: &Value) -> Value {
    let document = Document::parse(&person.to_string()).unwrap();
    Simulation::new(&loaded.config, &loaded.places, provider, None).unwrap().answer(&document).to_json()
}
