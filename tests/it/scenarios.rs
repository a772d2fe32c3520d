//! Ways to roll roles out, each a file in `config/examples/roles/`: declared, synced with a company's people, and asked
//! who may do what.

use crate::http::served::{Served, problem};
use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::roster::Roster;
use crate::world::site::Site;
use serde_json::json;
use std::fmt::Write as _;

crate::world::on_both!(
    internal_people_explore,
    one_team_manages_alerts,
    dashboards_by_geography,
    fixed_roles_only,
    one_folder,
    editors_make_roles,
    viewers_make_reports,
    admins_make_no_users,
    app_for_one_viewer,
    teams_alone,
    service_account,
    licence_tiers,
    roles_across_clients,
    one_client_has_more,
    clients_apart,
    finance_operations_marketing,
);

const CONFIG: &str = include_str!("../../config/examples/roles.toml");

/// A company that is synced by the rules of `config/examples/roles.toml` and one of its files.
struct Company {
    site: Site,
}

/// login, groups
type People<'a> = &'a [(&'a str, &'a str)];

impl Company {
    fn new(backend: Backend, file: &str, people: People<'_>) -> Self {
        Self::with(backend, "", file, people)
    }

    /// With more in the configuration.
    fn with(backend: Backend, more: &str, file: &str, people: People<'_>) -> Self {
        let (_, after) = CONFIG.split_once("[providers.corp]").unwrap();
        let shown = "files = [\"roles/internal-people-explore.toml\"]";
        assert!(after.contains(shown));
        let config = format!("{more}[providers.corp]{}", after.replace(shown, &format!("files = [\"{file}.toml\"]")));
        let site = Site::new(backend, &config);
        let text = std::fs::read_to_string(format!("{}/config/examples/roles/{file}.toml", env!("CARGO_MANIFEST_DIR")));
        site.write(&format!("{file}.toml"), &text.unwrap());
        let company = Self { site };
        company.people(people);
        company.site.run(&["check", "config"]).expect(0);
        company.site.sync(0);
        company
    }

    fn people(&self, people: People<'_>) {
        let mut groups: Vec<&str> = people.iter().flat_map(|(_, groups)| groups.split_whitespace()).collect();
        groups.sort_unstable();
        groups.dedup();
        let mut text = "people:\n".to_owned();
        for (login, groups) in people {
            let groups = groups.split_whitespace().collect::<Vec<_>>().join(", ");
            writeln!(text, "  - {{ id: {login}, login: {login}, groups: [{groups}] }}").unwrap();
        }
        text.push_str("groups:\n");
        groups.iter().for_each(|name| writeln!(text, "  - {{ id: {name}, name: {name} }}").unwrap());
        self.site.write("people.yaml", &text);
    }

    /// Everybody of whom the question is true, by login.
    fn who_may(&self, org: &str, action: &str, scope: &str) -> Vec<String> {
        let fits = |column: &str, value: &str| {
            format!(
                "(p.{column} = '{value}' OR substr(p.{column}, length(p.{column})) = '*'
                  AND substr('{value}', 1, length(p.{column}) - 1) = substr(p.{column}, 1, length(p.{column}) - 1))"
            )
        };
        let (action, scope) = (fits("action", action), fits("scope", scope));
        let sql = format!(
            "SELECT DISTINCT u.login FROM effective_permissions p JOIN users u ON u.id = p.user_id
             LEFT JOIN orgs o ON o.id = p.org_id
             WHERE (o.name = '{org}' OR p.org_id IS NULL) AND {action} AND {scope} ORDER BY u.login"
        );
        self.site.database.rows(&sql).into_iter().map(|mut row| row.remove(0)).collect()
    }

    /// Rows of a query.
    fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        self.site.database.rows(sql)
    }

    fn done(self) {
        invariants::check(&self.site).expect(0);
    }
}

const NOBODY: [&str; 0] = [];

fn internal_people_explore(backend: Backend) {
    let c = Company::new(
        backend,
        "internal-people-explore",
        &[("ina", "acme.viewer acme.team.internal"), ("connor", "acme.viewer acme.team.contractors")],
    );
    assert_eq!(c.who_may("acme", "dashboards:read", "folders:ops"), ["connor", "ina"]);
    assert_eq!(c.who_may("acme", "explore", "datasources:prom"), ["ina"]);
    // She goes to the contractors: at the next run.
    c.people(&[("ina", "acme.viewer acme.team.contractors"), ("connor", "acme.viewer acme.team.contractors")]);
    c.site.sync(0);
    assert_eq!(c.who_may("acme", "explore", "datasources:prom"), NOBODY);
    c.done();
}

fn one_team_manages_alerts(backend: Backend) {
    let c = Company::new(
        backend,
        "one-team-manages-alerts",
        &[("vic", "acme.viewer"), ("ed", "acme.editor"), ("sue", "acme.viewer acme.team.sre")],
    );
    assert_eq!(c.who_may("acme", "alerts:read", "alerts:cpu"), ["ed", "sue", "vic"]);
    assert_eq!(c.who_may("acme", "dashboards:write", "folders:ops"), ["ed"]);
    assert_eq!(c.who_may("acme", "alerts:write", "alerts:cpu"), ["sue"]);
    assert_eq!(c.who_may("acme", "alerts:delete", "alerts:cpu"), ["sue"]);
    c.done();
}

fn dashboards_by_geography(backend: Backend) {
    let c = Company::new(
        backend,
        "dashboards-by-geography",
        &[
            ("emil", "acme.folder.emea.regional"),
            ("amy", "acme.folder.apac.regional"),
            ("both", "acme.folder.emea.regional acme.folder.apac.regional"),
            ("mal", "acme.folder.*.regional"),
        ],
    );
    assert_eq!(c.who_may("acme", "dashboards:read", "folders:emea"), ["both", "emil"]);
    assert_eq!(c.who_may("acme", "dashboards:write", "folders:apac"), ["amy", "both"]);
    assert_eq!(c.who_may("acme", "dashboards:read", "folders:latam"), NOBODY);
    // The rule takes no such group. One that takes any would give everything if what is captured could.
    let config = std::fs::read_to_string(c.site.dir().join("rosterd.toml")).unwrap();
    let any = config.replace("[.]folder[.](?<folder>[a-z0-9-]+)", "[.]folder[.](?<folder>.+)");
    assert_ne!(any, config);
    c.site.write("rosterd.toml", &any);
    c.site
        .run(&["sync"])
        .expect(0)
        .says("rule folders: what `scope` comes to for the group \"acme.folder.*.regional\" cannot be used");
    assert_eq!(c.who_may("acme", "dashboards:read", "folders:latam"), NOBODY);
    assert_eq!(c.who_may("acme", "dashboards:read", "folders:emea"), ["both", "emil"]);
    c.done();
}

fn fixed_roles_only(backend: Backend) {
    let c = Company::new(backend, "fixed-roles-only", &[("audra", "acme.guest"), ("vic", "acme.viewer")]);
    assert_eq!(
        c.rows("SELECT m.role FROM org_members m JOIN users u ON u.id = m.user_id WHERE u.login = 'audra'"),
        [["None"]]
    );
    assert_eq!(c.who_may("acme", "reports:read", "reports:1"), ["audra"]);
    assert_eq!(c.who_may("acme", "users:read", "users:1"), ["audra"]);
    assert_eq!(c.who_may("acme", "dashboards:read", "folders:ops"), NOBODY);
    c.done();
}

fn one_folder(backend: Backend) {
    let c = Company::new(backend, "one-folder", &[("ines", "acme.viewer"), ("vic", "acme.viewer")]);
    assert_eq!(c.who_may("acme", "dashboards:write", "folders:incidents"), ["ines"]);
    assert_eq!(c.who_may("acme", "dashboards:write", "folders:incidents2"), NOBODY);
    assert_eq!(c.who_may("acme", "dashboards:write", "folders:ops"), NOBODY);
    c.done();
}

fn editors_make_roles(backend: Backend) {
    let http = crate::http::served::http("");
    let people = [("ed", "acme.editor"), ("vic", "acme.viewer"), ("ada", "acme.admin")];
    let c = Company::with(backend, &http, "editors-make-roles", &people);
    let may = |c: &Company| c.who_may("acme", "dashboards:write", "folders:ops");
    assert_eq!(may(&c), ["ada", "ed"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let site = runtime.block_on(async {
        let mut served = Served::start(c.site, Roster::of(1, "p", "x")).await;
        let make = async |who: &str, name: &str, action: &str| {
            let role =
                json!({ "org": "acme", "name": name, "permissions": [{ "action": action, "scope": "folders:*" }] });
            let asked = served.with("admin", "POST", "/api/v1/roles").header("Acting-For", who).json(&role);
            asked.send().await.unwrap()
        };
        // What an editor holds, an editor can put into a role; nothing else.
        let made = make("ed", "folder-writer", "dashboards:write").await;
        assert_eq!(made.status(), 201, "{}", made.text().await.unwrap());
        let (status, kind, told) = problem(make("ed", "user-maker", "users:create").await).await;
        assert_eq!((status, kind.as_str()), (403, "forbidden"), "{told}");
        assert!(told["detail"].as_str().unwrap().contains("nobody can grant what they don't hold"), "{told}");
        let (status, ..) = problem(make("ed", "all", "*").await).await;
        assert_eq!(status, 403);
        // A viewer makes none at all.
        let (status, _, told) = problem(make("vic", "mine", "dashboards:read").await).await;
        assert!(status == 403 && told["detail"].as_str().unwrap().contains("roles:write"), "{told}");
        // And hands it on, narrowed.
        let give = json!({ "role": "folder-writer", "org": "acme", "user": "vic", "scope": "folders:ops" });
        let given = served.with("admin", "PUT", "/api/v1/entitlements").header("Acting-For", "ed").json(&give);
        assert_eq!(given.send().await.unwrap().status(), 200);
        served.stop();
        served.site
    });
    let c = Company { site };
    assert_eq!(may(&c), ["ada", "ed", "vic"]);
    assert_eq!(c.who_may("acme", "dashboards:write", "folders:other"), ["ada", "ed"]);
    c.done();
}

fn viewers_make_reports(backend: Backend) {
    let c = Company::new(backend, "viewers-make-reports", &[("vic", "acme.viewer"), ("gus", "acme.guest")]);
    assert_eq!(c.who_may("acme", "reports:create", "reports:new"), ["vic"]);
    assert_eq!(c.who_may("acme", "dashboards:write", "folders:ops"), NOBODY);
    c.done();
}

fn admins_make_no_users(backend: Backend) {
    let c = Company::new(backend, "admins-make-no-users", &[("ada", "acme.admin"), ("vic", "acme.viewer")]);
    assert_eq!(c.who_may("acme", "users:disable", "users:7"), ["ada"]);
    assert_eq!(c.who_may("acme", "dashboards:delete", "folders:ops"), ["ada"]);
    assert_eq!(c.who_may("acme", "users:create", "users:new"), NOBODY);
    c.done();
}

fn app_for_one_viewer(backend: Backend) {
    let c = Company::new(
        backend,
        "app-for-one-viewer",
        &[("ed", "acme.editor"), ("vera", "acme.viewer"), ("vic", "acme.viewer")],
    );
    assert_eq!(c.who_may("acme", "apps:access", "apps:status"), ["ed", "vera", "vic"]);
    assert_eq!(c.who_may("acme", "apps:access", "apps:capacity"), ["ed", "vera"]);
    assert_eq!(c.who_may("acme", "apps:access", "apps:billing"), ["ed"]);
    c.done();
}

fn teams_alone(backend: Backend) {
    let c = Company::new(
        backend,
        "teams-alone",
        &[
            ("paul", "acme.guest acme.team.payments"),
            ("paula", "acme.guest"),
            ("seth", "acme.guest acme.team.search"),
            ("gus", "acme.guest"),
        ],
    );
    assert_eq!(c.rows("SELECT DISTINCT role FROM org_members"), [["None"]]);
    assert_eq!(c.who_may("acme", "dashboards:write", "folders:payments"), ["paul", "paula"]);
    assert_eq!(c.who_may("acme", "dashboards:write", "folders:search"), ["seth"]);
    assert_eq!(c.who_may("acme", "dashboards:read", "folders:shared"), ["paul", "paula", "seth"]);
    assert_eq!(c.who_may("acme", "dashboards:write", "folders:shared"), NOBODY);
    let admins = "SELECT u.login FROM team_members m JOIN users u ON u.id = m.user_id WHERE m.role = 'admin'";
    assert_eq!(c.rows(admins), [["paula"]]);
    c.done();
}

fn service_account(backend: Backend) {
    let c = Company::new(backend, "service-account", &[("vic", "acme.viewer")]);
    assert_eq!(c.who_may("acme", "annotations:create", "folders:deployments"), ["service:1:ci"]);
    assert_eq!(c.who_may("acme", "annotations:create", "folders:ops"), NOBODY);
    assert_eq!(c.rows("SELECT count(*) FROM effective_permissions"), [["1"]]);
    c.done();
}

fn licence_tiers(backend: Backend) {
    let c = Company::new(
        backend,
        "licence-tiers",
        &[
            ("fred", "acme.bundle.free"),
            ("petra", "acme.bundle.pro"),
            ("emma", "acme.bundle.enterprise"),
            ("bea", "acme.bundle.free acme.bundle.pro"),
        ],
    );
    assert_eq!(c.who_may("acme", "dashboards:read", "folders:ops"), ["bea", "emma", "fred", "petra"]);
    assert_eq!(c.who_may("acme", "dashboards:write", "folders:ops"), ["bea", "emma", "petra"]);
    assert_eq!(c.who_may("acme", "exports:create", "exports:csv"), ["bea", "emma", "petra"]);
    assert_eq!(c.who_may("acme", "exports:create", "exports:pdf"), ["emma"]);
    let limits = |name: &str| {
        c.rows(&format!(
            "SELECT u.login, CAST(max(l.value) AS TEXT) FROM effective_limits l JOIN users u ON u.id = l.user_id
             WHERE l.name = '{name}' GROUP BY u.login ORDER BY u.login"
        ))
    };
    assert_eq!(limits("dashboards"), [["bea", "50"], ["emma", "1000"], ["fred", "3"], ["petra", "75"]]);
    let rows = limits("rows");
    assert_eq!(
        rows,
        [["bea", "100000"], ["emma", "10000000"], ["fred", "1000"], ["petra", "100000"]],
        "of two the higher"
    );
    // The licence ends.
    c.people(&[("fred", "acme.bundle.free"), ("petra", "acme.bundle.free"), ("emma", ""), ("bea", "acme.bundle.pro")]);
    c.site.sync(0);
    assert_eq!(c.who_may("acme", "dashboards:read", "folders:ops"), ["bea", "fred", "petra"]);
    assert_eq!(c.who_may("acme", "dashboards:write", "folders:ops"), ["bea"]);
    assert_eq!(c.who_may("acme", "exports:create", "exports:pdf"), NOBODY);
    assert_eq!(limits("dashboards"), [["bea", "50"], ["fred", "3"], ["petra", "75"]], "hers is her own");
    c.done();
}

fn roles_across_clients(backend: Backend) {
    let c = Company::new(
        backend,
        "roles-across-clients",
        &[
            ("fin-a", "client-a.team.finance"),
            ("op-a", "client-a.team.operations"),
            ("fin-b", "client-b.team.finance"),
            ("other", "acme.team.finance"),
        ],
    );
    assert_eq!(c.who_may("client-a", "dashboards:read", "dashboards:finance:cash"), ["fin-a"]);
    assert_eq!(c.who_may("client-a", "dashboards:read", "dashboards:operations:load"), ["op-a"]);
    assert_eq!(c.who_may("client-b", "dashboards:read", "dashboards:finance:cash"), ["fin-b"]);
    assert_eq!(c.who_may("acme", "dashboards:read", "dashboards:finance:cash"), NOBODY, "no client");
    let filter =
        "SELECT DISTINCT parameters FROM effective_permissions p JOIN users u ON u.id = p.user_id WHERE u.login = ";
    assert_eq!(c.rows(&format!("{filter} 'fin-a'")), [[r#"{"client":"client-a"}"#]]);
    // Another client's first person arrives: by a login, and has all of it at once.
    c.people(&[
        ("fin-a", "client-a.team.finance"),
        ("op-a", "client-a.team.operations"),
        ("fin-b", "client-b.team.finance"),
        ("other", "acme.team.finance"),
        ("fin-c", "client-c.team.finance"),
    ]);
    c.site.run(&["look", "fin-c"]).expect(0);
    assert_eq!(c.who_may("client-c", "dashboards:read", "dashboards:finance:cash"), ["fin-c"]);
    assert_eq!(c.rows(&format!("{filter} 'fin-c'")), [[r#"{"client":"client-c"}"#]]);
    c.done();
}

fn one_client_has_more(backend: Backend) {
    let c = Company::new(
        backend,
        "one-client-has-more",
        &[("ula", "client-umbrella.viewer"), ("sam", "client-small.viewer"), ("ada", "acme.viewer")],
    );
    assert_eq!(c.who_may("client-umbrella", "dashboards:read", "dashboards:forecast:q3"), ["ula"]);
    assert_eq!(c.who_may("client-umbrella", "dashboards:read", "dashboards:standard:q3"), ["ula"]);
    assert_eq!(c.who_may("client-small", "dashboards:read", "dashboards:standard:q3"), ["sam"]);
    assert_eq!(c.who_may("client-small", "dashboards:read", "dashboards:forecast:q3"), NOBODY);
    assert_eq!(c.who_may("acme", "dashboards:read", "dashboards:standard:q3"), NOBODY);
    c.done();
}

fn clients_apart(backend: Backend) {
    let c = Company::new(
        backend,
        "clients-apart",
        &[
            ("ann", "client-a.role.report-reader"),
            ("abe", "client-a.role.report-writer"),
            ("ben", "client-b.role.report-writer"),
        ],
    );
    assert_eq!(c.who_may("client-a", "reports:read", "reports:1"), ["abe", "ann"]);
    assert_eq!(c.who_may("client-a", "reports:write", "reports:1"), ["abe"]);
    assert_eq!(c.who_may("client-b", "reports:read", "reports:1"), ["ben"]);
    // They are no members of each other's organizations either.
    let both = "SELECT user_id FROM org_members GROUP BY user_id HAVING count(*) > 1";
    assert!(c.rows(both).is_empty());
    assert_eq!(c.rows("SELECT DISTINCT u.login FROM effective_permissions p JOIN users u ON u.id = p.user_id WHERE p.org_id IS NULL"), Vec::<Vec<String>>::new());
    c.done();
}

fn finance_operations_marketing(backend: Backend) {
    let people =
        [("fay", "acme.guest acme.team.finance"), ("olaf", "acme.guest acme.team.operations"), ("mia", "acme.guest")];
    let c = Company::new(backend, "finance-operations-marketing", &people);
    assert_eq!(c.who_may("acme", "invoices:pay", "invoices:7"), ["fay"]);
    assert_eq!(c.who_may("acme", "projects:write", "projects:secret"), ["olaf"]);
    assert_eq!(c.who_may("acme", "projects:write", "projects:launch"), ["mia", "olaf"]);
    let acts = "SELECT u.login, f.login, d.scope FROM delegations d JOIN users u ON u.id = d.user_id
                JOIN users f ON f.id = d.for_user_id ORDER BY u.login";
    assert_eq!(c.rows(acts), [["mia", "olaf", "projects:launch"], ["olaf", "fay", "*"]]);
    // olaf leaves operations: mia sees nothing by him any more.
    c.people(&[people[0], ("olaf", "acme.guest"), people[2]]);
    c.site.sync(0);
    assert_eq!(c.who_may("acme", "projects:write", "projects:launch"), NOBODY);
    c.done();
}
