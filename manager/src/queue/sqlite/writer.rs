//! The store's only writer: one thread, which commits in groups.
//!
//! A commit that reaches the disk costs milliseconds, whatever it holds. So all writes that wait are run in one
//! transaction, committed once, and answered together; while that commit waits for the disk, the next group gathers.

use std::{
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use deadpool_sqlite::rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::queue::{Commits, Event, EventSink, QueueError};

/// Writes that may wait; more wait in their senders. Each holds its job, so this bounds memory as well.
const WAITING: usize = 1024;
/// Most writes of one commit: bounds how long the first of them waits for the last.
const GROUP: usize = 512;

/// What a write does inside the transaction.
type Outcome<T> = Result<T, QueueError>;

/// The way to the writer's thread.
pub(super) struct Writer {
    commands: mpsc::Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
    commits: Arc<Commits>,
}

impl Writer {
    /// Starts the thread. It ends when the writer is closed, or with the process.
    pub(super) fn start(conn: Connection, sink: EventSink) -> std::io::Result<Self> {
        let (commands, waiting) = mpsc::channel(WAITING);
        let commits = Arc::new(Commits::default());
        let counted = commits.clone();
        let thread = std::thread::Builder::new().name("queue-writer".into()).spawn(move || {
            Thread { conn, waiting, sink, commits: counted }.serve();
        })?;
        Ok(Self { commands, thread: Mutex::new(Some(thread)), commits })
    }

    /// Runs `work` in the next transaction and answers once that is on disk.
    ///
    /// It is run to its end even when the caller stops waiting: the answer is dropped then, but the events are told.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut Vec<Event>) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let (command, answer) = Typed::boxed(work);
        self.commands.send(Message::Write(command)).await.map_err(|_| QueueError::Closed)?;
        answer.await.unwrap_or(Err(QueueError::Closed))
    }

    /// The same for those who cannot wait. Nothing happens when too many writes wait already.
    pub(super) fn try_run(
        commands: &mpsc::Sender<Message>,
        work: impl FnOnce(&Connection, &mut Vec<Event>) -> Outcome<()> + Send + 'static,
    ) {
        let _ = commands.try_send(Message::Write(Typed::boxed(work).0));
    }

    /// For [`Writer::try_run`].
    pub(super) fn commands(&self) -> mpsc::Sender<Message> {
        self.commands.clone()
    }

    /// What it has done.
    pub(super) fn commits(&self) -> &Arc<Commits> {
        &self.commits
    }

    /// Waits until the thread is gone, which without [`Writer::close`] means that it panicked.
    pub(super) async fn gone(&self) {
        self.commands.closed().await;
    }

    /// Writes what waits, refuses what comes later, and waits for the thread's end.
    pub(super) async fn close(&self) {
        let _ = self.commands.send(Message::Close).await;
        let thread = self.thread.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the queue's writer had panicked");
            }
        }
    }
}

/// What the thread is sent.
pub(super) enum Message {
    Write(Box<dyn Command>),
    Close,
}

/// A write whose answer's type is forgotten.
pub(super) trait Command: Send {
    /// Runs it and keeps its answer. When it fails, what it wrote must be undone.
    fn run(&mut self, conn: &Connection, events: &mut Vec<Event>) -> Result<(), QueueError>;
    /// Sends the answer, or the reason why the commit failed.
    fn answer(self: Box<Self>, commit: &Result<(), QueueError>);
}

struct Typed<T, F> {
    work: Option<F>,
    result: Outcome<T>,
    reply: oneshot::Sender<Outcome<T>>,
}

impl<T, F> Typed<T, F>
where
    T: Send + 'static,
    F: FnOnce(&Connection, &mut Vec<Event>) -> Outcome<T> + Send + 'static,
{
    fn boxed(work: F) -> (Box<dyn Command>, oneshot::Receiver<Outcome<T>>) {
        let (reply, answer) = oneshot::channel();
        (Box::new(Self { work: Some(work), result: Err(QueueError::Closed), reply }), answer)
    }
}

impl<T, F> Command for Typed<T, F>
where
    T: Send,
    F: FnOnce(&Connection, &mut Vec<Event>) -> Outcome<T> + Send,
{
    fn run(&mut self, conn: &Connection, events: &mut Vec<Event>) -> Result<(), QueueError> {
        if let Some(work) = self.work.take() {
            self.result = work(conn, events);
        }
        self.result.as_ref().map(drop).map_err(QueueError::clone)
    }

    fn answer(self: Box<Self>, commit: &Result<(), QueueError>) {
        // A write that failed by itself keeps its own reason; one behind it, which was not run any more, has none.
        let answer = match commit {
            Err(err) if self.result.is_ok() || self.work.is_some() => Err(err.clone()),
            _ => self.result,
        };
        let _ = self.reply.send(answer);
    }
}

struct Thread {
    conn: Connection,
    waiting: mpsc::Receiver<Message>,
    sink: EventSink,
    commits: Arc<Commits>,
}

impl Thread {
    fn serve(mut self) {
        let (mut messages, mut group, mut events) = (Vec::new(), Vec::new(), Vec::new());
        while self.waiting.blocking_recv_many(&mut messages, GROUP) > 0 {
            for message in messages.drain(..) {
                match message {
                    Message::Write(command) => group.push(command),
                    // Those that were sent already are still received.
                    Message::Close => self.waiting.close(),
                }
            }
            let commit = self.commit(&mut group, &mut events);
            match &commit {
                Ok(()) => (self.sink)(&events),
                Err(err) => tracing::error!(%err, writes = group.len(), "the queue failed to commit"),
            }
            events.clear();
            for command in group.drain(..) {
                command.answer(&commit);
            }
        }
    }

    fn commit(&self, group: &mut [Box<dyn Command>], events: &mut Vec<Event>) -> Result<(), QueueError> {
        let done = self.transaction(group, events);
        if done.is_err() {
            events.clear();
            if !self.conn.is_autocommit() {
                let _ = self.conn.execute_batch("ROLLBACK");
            }
        }
        done
    }

    fn transaction(&self, group: &mut [Box<dyn Command>], events: &mut Vec<Event>) -> Result<(), QueueError> {
        let run = |sql| self.conn.prepare_cached(sql)?.execute([]);
        let before = self.conn.total_changes();
        run("BEGIN IMMEDIATE")?;
        for command in group.iter_mut() {
            let told = events.len();
            run("SAVEPOINT write")?;
            if let Err(err) = command.run(&self.conn, events) {
                events.truncate(told);
                // After some errors (full disk, input/output) SQLite has rolled back all, the others' writes too: then
                // this fails, and with it the whole group, for that reason.
                run("ROLLBACK TO write").map_err(|_| err)?;
            }
            run("RELEASE write")?;
        }
        run("COMMIT")?;
        self.commits.count(group.len(), self.conn.total_changes() != before);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Told = Arc<Mutex<Vec<Event>>>;

    fn writer() -> (Writer, Told) {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE t (x BLOB) STRICT").unwrap();
        let told = Told::default();
        let sink = told.clone();
        (Writer::start(conn, Arc::new(move |events| sink.lock().unwrap().extend_from_slice(events))).unwrap(), told)
    }

    async fn insert(writer: &Writer, bytes: i64, fail: bool) -> Outcome<()> {
        let work = move |conn: &Connection, events: &mut Vec<Event>| {
            conn.execute("INSERT INTO t VALUES (zeroblob(?1))", [bytes])?;
            events.push(Event::Queued);
            if fail { Err(QueueError::Corrupt { what: "test", why: String::new() }) } else { Ok(()) }
        };
        writer.run(work).await
    }

    async fn count(writer: &Writer) -> i64 {
        writer.run(|conn, _| Ok(conn.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?)).await.unwrap()
    }

    #[tokio::test]
    async fn a_write_that_fails_spoils_no_other() {
        let (writer, told) = writer();
        let done = futures_util::future::join_all((0..100).map(|k| insert(&writer, 1, k % 3 == 0))).await;
        assert!(done.iter().enumerate().all(|(k, done)| done.is_err() == (k % 3 == 0)));
        assert_eq!((count(&writer).await, told.lock().unwrap().len()), (66, 66));
        assert!(writer.commits().commits() < 20, "{:?}", writer.commits());
    }

    #[tokio::test]
    async fn a_full_store_refuses_and_recovers() {
        let (writer, told) = writer();
        let limit = |pages: i64| writer.run(move |conn, _| Ok(conn.pragma_update(None, "max_page_count", pages)?));
        insert(&writer, 1, false).await.unwrap();
        limit(20).await.unwrap();
        let done = futures_util::future::join_all((0..20).map(|_| insert(&writer, 20_000, false))).await;
        let stored = done.iter().filter(|done| done.is_ok()).count();
        assert!(done.iter().all(|done| matches!(done, Ok(()) | Err(QueueError::Full(_)))), "{done:?}");
        assert!(stored < done.len());
        // Whoever was told that it was stored finds it so, and nobody else.
        assert_eq!((count(&writer).await, told.lock().unwrap().len()), (1 + stored as i64, 1 + stored));
        limit(10_000).await.unwrap();
        insert(&writer, 20_000, false).await.unwrap();
    }

    #[tokio::test]
    async fn closing_writes_what_waits() {
        let (writer, _told) = writer();
        let (done, ()) = tokio::join!(insert(&writer, 1, false), writer.close());
        done.unwrap();
        assert!(matches!(insert(&writer, 1, false).await, Err(QueueError::Closed)));
        writer.gone().await;
    }
}
