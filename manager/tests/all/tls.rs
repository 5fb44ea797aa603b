//! The way to PostgreSQL: sealed as the URL asks, to a server with a certificate of an authority of the test's own.

use std::path::{Path, PathBuf};

use ampoule_manager::{
    StoreUrl,
    queue::{Ears, OpenError, Queue, copies},
};
use ampoule_testbed::postgres::hand_over;
use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::{
    postgres::{self, Server},
    store::{POLICY, submitted},
    support::Manager,
};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// For this host, not for its address.
const HOST: &str = "localhost";

/// A server that takes nobody into the test's databases but over TLS.
fn sealed_server(authority: &Authority) -> Server {
    let key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new(vec![HOST.to_owned()]).unwrap().signed_by(&key, authority).unwrap();
    let prepared = Server::start_prepared("-c fsync=off -c ssl=on", |data| {
        // The first line lets the test make databases.
        let who = "host postgres all 127.0.0.1/32 trust\nhostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n";
        for (name, text) in [("server.crt", cert.pem()), ("server.key", key.serialize_pem()), ("pg_hba.conf", who.to_owned())] {
            std::fs::write(data.join(name), text)?;
            hand_over(&data.join(name))?;
        }
        Ok(())
    });
    prepared.unwrap()
}

fn file(dir: &Path, name: &str, text: &str) -> PathBuf {
    std::fs::write(dir.join(name), text).unwrap();
    dir.join(name)
}

async fn open(url: &str) -> Result<Queue, String> {
    Queue::open(&url.parse().unwrap(), POLICY, 2, Ears::deaf()).await.map_err(|err| {
        assert!(matches!(err, OpenError::Store { .. }), "{err:?}");
        err.to_string()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_proves_what_the_url_asks() {
    if !postgres::is_there() {
        return;
    }
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let server = sealed_server(&ours);
    let dir = tempfile::tempdir().unwrap();
    let (right, wrong) = (file(dir.path(), "right.pem", &ours.pem()), file(dir.path(), "wrong.pem", &theirs.pem()));
    let (right, wrong) = (right.display(), wrong.display());
    let by_address = server.database().await.unwrap();
    let by_name = by_address.replace("127.0.0.1", HOST);
    let at = |url: &str, query: String| format!("{url}?{query}");

    for good in [
        by_address.clone(),
        at(&by_address, "sslmode=prefer".into()),
        at(&by_address, "sslmode=require".into()),
        at(&by_address, format!("sslmode=require&sslrootcert={right}")),
        at(&by_address, format!("sslmode=verify-ca&sslrootcert={right}")),
        at(&by_name, format!("sslrootcert={right}&application_name=mine&sslmode=verify-full")),
        at(&by_name, format!("sslmode=verify-full&sslrootcert={}", right.to_string().replace('/', "%2F"))),
    ] {
        let queue = open(&good).await.unwrap_or_else(|err| panic!("{good}: {err}"));
        queue.enqueue(submitted(), Timestamp::now()).await.unwrap();
        queue.close().await;
    }
    let nobody = "of no authority that is trusted here: name the file of the right one with sslrootcert";
    for (bad, said) in [
        (at(&by_address, "sslmode=disable".into()), "no encryption"),
        (at(&by_address, format!("sslmode=require&sslrootcert={wrong}")), nobody),
        (at(&by_address, format!("sslmode=verify-ca&sslrootcert={wrong}")), nobody),
        (at(&by_name, format!("sslmode=verify-full&sslrootcert={wrong}")), nobody),
        (at(&by_address, format!("sslmode=verify-full&sslrootcert={right}")), "for another host than the URL names"),
        (at(&by_address, "sslmode=verify_full".into()), "must be disable, prefer, require, verify-ca or verify-full, not `verify_full`"),
        (at(&by_name, "sslmode=verify-full&sslrootcert=/nowhere.pem".into()), "sslrootcert: cannot read /nowhere.pem"),
        (
            at(&by_name, format!("sslmode=verify-full&sslrootcert={}", file(dir.path(), "empty.pem", "none").display())),
            "holds no certificate",
        ),
        (at(&by_name, format!("sslmode=require&sslcert={right}")), "sslcert and sslkey come together"),
    ] {
        let said_instead = open(&bad).await.map(drop).expect_err(&bad);
        assert!(said_instead.contains(said), "{bad}: {said_instead}");
    }
    // No root of this machine made the certificate, whether it has any or not.
    let said = open(&at(&by_name, "sslmode=verify-full".into())).await.map(drop).unwrap_err();
    assert!(said.contains(nobody) || said.contains("no root certificates"), "{said}");
    // A server without TLS is not talked to where TLS is asked for.
    let plain = postgres::shared().database().await.unwrap();
    let said = open(&at(&plain, "sslmode=require".into())).await.map(drop).unwrap_err();
    assert!(said.contains("server does not support TLS"), "{said}");

    let sealed = at(&by_name, format!("sslmode=verify-full&sslrootcert={right}"));
    let m = Manager::start_on(sealed.parse().unwrap()).await;
    m.submit().await;
    assert_eq!(m.get("/readyz").await.status.as_u16(), 200);
    // All of a manager's connections, the one that listens too.
    let (client, connection) = tokio_postgres::connect(&server.url("postgres"), tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let all = "SELECT count(*), count(*) FILTER (WHERE ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'ampoule'";
    let row = client.query_one(all, &[]).await.unwrap();
    let (open, tls): (i64, i64) = (row.get(0), row.get(1));
    assert!(open >= 4 && open == tls, "{open} connections, {tls} with TLS");
    drop(client);
    connection.await.unwrap().unwrap();
    let found = copies::verify(&sealed.parse::<StoreUrl>().unwrap(), Box::new(|_| {})).await.unwrap();
    assert_eq!((found.jobs, found.problems.len()), (8, 0), "{found:?}");
}
