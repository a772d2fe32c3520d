//! Each step of taking an event, tried without one, for `rosterd check signals`.

use super::stream::Stream;
use crate::config::Config;
use crate::providers::CheckStep;

/// Tries each step, up to the first failure; `None` where there is no such stream.
pub async fn check(config: &Config, name: &str) -> Option<Vec<CheckStep>> {
    let section = config.signals.get(name)?;
    let stream = Stream::new(name, section, config)?;
    let mut steps = Vec::new();
    let mut step = |what: String, result: Result<String, String>| steps.push(CheckStep { what, result });
    match stream.keys().await {
        Err(why) => {
            step(format!("keys of {}", section.issuer), Err(why));
            return Some(steps);
        }
        Ok((place, None)) => {
            let why = "there are none that can verify a signature; the log says why".to_owned();
            step(format!("keys at {place}"), Err(why));
            return Some(steps);
        }
        Ok((place, Some(keys))) => step(format!("keys at {place}"), Ok(format!("{keys} that can verify a signature"))),
    }
    let secrets = section.secrets.iter().chain(section.poll.as_ref().map(|poll| &poll.bearer));
    for (number, secret) in (1..).zip(secrets) {
        let read = secret.resolve().map(|_| "it can be read".to_owned()).map_err(|error| error.to_string());
        step(format!("secret {number}"), read);
    }
    Some(steps)
}
