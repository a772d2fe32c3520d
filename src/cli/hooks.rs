//! `rosterd hooks`: what login hooks delivered, one of them once more, and a call to try a hook with.

use super::args::{Args, Hooks, Output};
use super::context;
use super::exit::{Exit, Failure};
use super::output::{moment, print, table, write_out};
use crate::clock::{Clock as _, SystemClock};
use crate::config::Secret;
use crate::hooks;
use crate::random::{Random as _, SystemRandom};
use crate::store::{Access, Delivery};
use serde_json::{Value, json};
use std::time::Duration;

/// How many bytes of an answer are printed.
const MOST: usize = 64 * 1024;

pub(super) async fn run(args: &Args, what: &Hooks) -> Result<Exit, Failure> {
    match what {
        Hooks::List { hook, limit } => list(args, hook.as_deref(), *limit).await,
        Hooks::Replay { id } => replay(args, id).await,
        Hooks::Send { hook, person, url, sender, inline, id } => {
            let what = Call { hook, person, url, sender: sender.as_deref(), inline: *inline, id: id.as_deref() };
            send(args, &what).await
        }
    }
}

async fn list(args: &Args, hook: Option<&str>, limit: u32) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open(&loaded, Access::Read).await?;
    let deliveries = store.deliveries(hook, limit).await?;
    let row = |one: &Delivery| {
        vec![
            one.id.clone(),
            one.hook.clone(),
            moment(Some(one.received_at)),
            one.event.clone(),
            one.person.clone(),
            one.state.clone(),
            one.attempts.to_string(),
            finding(one),
        ]
    };
    print(
        args,
        || {
            let heads = ["ID", "HOOK", "RECEIVED", "EVENT", "PERSON", "STATE", "TRIES", "FINDING"];
            table(&heads, &deliveries.iter().map(row).collect::<Vec<_>>())
        },
        || json!({ "deliveries": deliveries.iter().map(value).collect::<Vec<_>>() }),
    )?;
    Ok(Exit::Done)
}

fn outcome(delivery: &Delivery) -> Value {
    delivery.outcome.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
}

fn finding(delivery: &Delivery) -> String {
    outcome(delivery).get("finding").and_then(Value::as_str).unwrap_or("-").to_owned()
}

fn value(one: &Delivery) -> Value {
    json!({
        "id": one.id, "hook": one.hook, "sender_id": one.sender_id, "provider": one.provider, "event": one.event,
        "person": one.person, "received_at": one.received_at, "state": one.state, "attempts": one.attempts,
        "finished_at": one.finished_at, "outcome": outcome(one),
    })
}

async fn replay(args: &Args, id: &str) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open_to_write(args, &loaded).await?;
    if !store.replay_delivery(id).await? {
        return Err(Failure::failed(format!("there is no delivery {id:?}; see `rosterd hooks list`")));
    }
    write_out(&format!("delivery {id} waits again; `rosterd run` works it off\n"))?;
    Ok(Exit::Done)
}

/// What is to be sent.
struct Call<'a> {
    hook: &'a str,
    person: &'a str,
    url: &'a str,
    sender: Option<&'a str>,
    inline: bool,
    id: Option<&'a str>,
}

async fn send(args: &Args, what: &Call<'_>) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let Some(hook) = loaded.config.hooks.get(what.hook) else {
        let known: Vec<&str> = loaded.config.hooks.keys().map(String::as_str).collect();
        let message = format!("there is no hook {:?}; there are: {}", what.hook, known.join(", "));
        return Err(Failure::new(Exit::Usage, message));
    };
    let mut hook = hook.clone();
    if let Some(sender) = what.sender {
        hook.sender = serde_json::from_value(sender.into())
            .map_err(|_| Failure::new(Exit::Usage, format!("there is no sender {sender:?}")))?;
    }
    let secret: Option<Secret> = match hook.secrets.first() {
        None => None,
        Some(reference) => {
            let place = format!("hooks.{}.secrets", what.hook);
            let secret = reference.resolve();
            Some(secret.map_err(|error| Failure::new(Exit::Configuration, format!("{place}: {error}")))?)
        }
    };
    let id = match what.id {
        Some(id) => id.to_owned(),
        None => format!("msg_{:032x}", SystemRandom.seed().map_err(|error| Failure::failed(error.to_string()))?),
    };
    let made = hooks::make(&hook, secret.as_ref(), what.person, &id, SystemClock.now())
        .map_err(|error| Failure::failed(error.to_string()))?;
    let end = if what.inline { "/inline" } else { "" };
    let url = format!("{}/hooks/v1/{}{end}", what.url.trim_end_matches('/'), what.hook);
    let (status, body) = call(&url, made).await.map_err(|error| Failure::failed(format!("{url}: {error}")))?;
    print_answer(args, &id, status, &body)?;
    Ok(if (200..300).contains(&status) { Exit::Done } else { Exit::Failed })
}

async fn call(url: &str, made: hooks::Made) -> Result<(u16, String), reqwest::Error> {
    let client = reqwest::Client::builder()
        // What is signed is for this address and no other.
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(30))
        .build()?;
    let mut request = if made.method == "GET" { client.get(url) } else { client.post(url) };
    for (name, value) in &made.headers {
        request = request.header(name, value);
    }
    let mut answer = request.body(made.body).send().await?;
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MOST {
            body.truncate(MOST);
            break;
        }
    }
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

fn print_answer(args: &Args, id: &str, status: u16, body: &str) -> Result<(), Failure> {
    let answer: Value = serde_json::from_str(body).unwrap_or_else(|_| body.into());
    if args.output == Output::Table {
        let shown = if answer.is_string() { body.to_owned() } else { format!("{answer:#}") };
        let shown: String = shown.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect();
        return write_out(&format!("event {id}: answered {status}\n{shown}\n"));
    }
    print(args, String::new, || json!({ "id": id, "status": status, "answer": answer }))
}
