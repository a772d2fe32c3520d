//! `rosterd token`: makes, lists and revokes tokens of the API in the database, without the API.

use super::args::{Args, Token};
use super::context;
use super::exit::{Exit, Failure};
use super::output::{moment, print, table};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{ApiScope, Duration};
use crate::http::token::{self, LASTS, LONGEST, Wanted};
use crate::random::SystemRandom;
use crate::store::{self, Access};
use serde_json::{Value, json};

pub(super) async fn run(args: &Args, what: &Token) -> Result<Exit, Failure> {
    match what {
        Token::Create { name, scope, expires, by } => create(args, name, scope, expires.as_deref(), by).await,
        Token::List => list(args).await,
        Token::Revoke { id, by } => revoke(args, id, by).await,
    }
}

async fn create(args: &Args, name: &str, scopes: &[String], expires: Option<&str>, by: &str) -> Result<Exit, Failure> {
    let wrong = |message: String| Failure::new(Exit::Usage, message);
    if !token::is_name(name) {
        return Err(wrong(format!("--name: {}", token::NAME)));
    }
    let scopes = scopes.iter().map(|word| {
        let known = || ApiScope::ALL.map(ApiScope::name).join(", ");
        ApiScope::parse(word).ok_or_else(|| wrong(format!("there is no scope {word:?}; there are: {}", known())))
    });
    let scopes = scopes.collect::<Result<Vec<_>, _>>()?;
    let lasts = expires.map_or(Some(LASTS), |text| Duration::parse(text).map(Duration::millis));
    let lasts = lasts.filter(|lasts| (1..=LONGEST).contains(lasts));
    let lasts = lasts.ok_or_else(|| wrong("--expires: a number and a unit, such as 90d; at most 366d".to_owned()))?;
    let loaded = context::load(args)?;
    let store = context::open_to_write(args, &loaded).await?;
    let now = SystemClock.now();
    let wanted =
        Wanted { name: name.to_owned(), scopes, created_by: by.to_owned(), expires_at: now.plus_millis(lasts) };
    let made = token::make(wanted, &SystemRandom).map_err(|error| Failure::failed(error.to_string()))?;
    let kept = store.add_token(&made.new, now).await?;
    let shown = made.token.expose();
    let text = || {
        format!(
            "{shown}\n\nToken {} ({}) may {}, until {}. It is not shown again.\n",
            kept.id,
            kept.name,
            kept.scopes.join(", "),
            moment(Some(kept.expires_at))
        )
    };
    print(args, text, || {
        let mut value = value(&kept);
        value["token"] = shown.into();
        value
    })?;
    Ok(Exit::Done)
}

async fn list(args: &Args) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open(&loaded, Access::Read).await?;
    let tokens = store.tokens().await?;
    let now = SystemClock.now();
    let row = |token: &store::Token| {
        let state = match token.revoked_at {
            Some(_) => "revoked",
            None if token.usable(now) => "usable",
            None => "expired",
        };
        vec![
            token.id.clone(),
            token.name.clone(),
            token.scopes.join(","),
            state.to_owned(),
            moment(Some(token.expires_at)),
            moment(token.last_used_at),
        ]
    };
    let rows = || tokens.iter().map(row).collect::<Vec<_>>();
    print(
        args,
        || table(&["TOKEN", "NAME", "SCOPES", "STATE", "EXPIRES", "LAST USED"], &rows()),
        || json!({ "tokens": tokens.iter().map(value).collect::<Vec<_>>() }),
    )?;
    Ok(Exit::Done)
}

async fn revoke(args: &Args, id: &str, by: &str) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open_to_write(args, &loaded).await?;
    let Some(token) = store.revoke_token(id, by, SystemClock.now()).await? else {
        return Err(Failure::failed(format!("there is no token {id:?}; see `rosterd token list`")));
    };
    let text = || format!("token {} ({}) is revoked since {}\n", token.id, token.name, moment(token.revoked_at));
    print(args, text, || value(&token))?;
    Ok(Exit::Done)
}

fn value(token: &store::Token) -> Value {
    json!({
        "id": token.id, "name": token.name, "scopes": token.scopes, "created_by": token.created_by,
        "created_at": token.created_at, "expires_at": token.expires_at, "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
    })
}
