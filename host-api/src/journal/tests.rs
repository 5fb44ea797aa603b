use std::sync::Arc;

use super::{player::header, *};
use crate::mask::Masker;

fn masker() -> Option<Arc<Masker>> {
    Some(Arc::new(Masker::new([("K", "Correct-Horse")].into_iter())))
}

fn ending() -> Ending {
    Ending { outcome: r#"{"kind":"returned","value":1}"#.into(), logs: vec!["log a".into(), "log b".into()], fuel: 7, load_fuel: 3 }
}

fn journal() -> Vec<u8> {
    let mut recorder = Recorder::new(r#"{"engine":"e","input":"CORRECT-horse"}"#, masker());
    recorder.clock(1.5);
    recorder.random(9);
    recorder.begun("dir.readText {\"path\":\"a\"}", b"Correct-Horse");
    recorder.completed([(1, false, &b"it is "[..], &b"Correct-Horse, dHJ1ZQ and 436f72726563742d486f727365"[..])].into_iter());
    recorder.completed([(2, true, &b""[..], &b""[..])].into_iter());
    recorder.finish(&ending()).unwrap()
}

#[test]
fn plays_back_what_was_recorded() {
    let bytes = journal();
    let mut player = Player::new(&bytes, masker(), Vec::new()).unwrap();
    assert_eq!(header(&bytes, masker().as_deref()).unwrap(), r#"{"engine":"e","input":"CORRECT-horse"}"#);
    assert_eq!((player.clock().unwrap(), player.random().unwrap()), (1.5, 9));
    player.begun("dir.readText {\"path\":\"a\"}", b"Correct-Horse").unwrap();
    let first = player.completed().unwrap().unwrap();
    let completed = |id, failed, head: &[u8], contents: &[u8]| [Completed { id, failed, head: head.to_vec(), contents: contents.to_vec() }];
    assert_eq!(first, completed(1, false, b"it is ", b"Correct-Horse, dHJ1ZQ and 436f72726563742d486f727365"));
    assert_eq!(player.completed().unwrap().unwrap(), completed(2, true, b"", b""));
    assert_eq!(player.finish(&ending()), None);
}

#[test]
fn holds_no_secret() {
    let text = String::from_utf8_lossy(&journal()).to_ascii_lowercase();
    for trace in ["correct-horse", "436f7272"] {
        assert!(!text.contains(trace), "{trace}");
    }
    assert_eq!(Player::new(&journal(), None, Vec::new()).unwrap_err(), JournalError::Secrets);
}

#[test]
fn a_flipped_bit_anywhere_is_seen() {
    let (bytes, masker) = (journal(), masker());
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            assert!(Player::new(&flipped, masker.clone(), Vec::new()).is_err(), "byte {at}, bit {bit}");
        }
    }
    for cut in 0..bytes.len() {
        assert!(Player::new(&bytes[..cut], masker.clone(), Vec::new()).is_err(), "cut at {cut}");
    }
}

#[test]
fn says_where_it_differs() {
    let bytes = journal();
    let player = || Player::new(&bytes, masker(), Vec::new()).unwrap();
    let said = player().random().unwrap_err().to_string();
    assert_eq!(said, "differs at host call 1\n- reads the clock\n+ draws randomness");
    let mut other = player();
    other.clock().unwrap();
    other.random().unwrap();
    let said = other.begun("dir.readText {\"path\":\"b\"}", b"").unwrap_err().to_string();
    assert_eq!(said, "differs at host call 3\n- dir.readText {\"path\":\"a\"} with 13 bytes\n+ dir.readText {\"path\":\"b\"}");
    assert_eq!(other.finish(&ending()).unwrap().replayed, "ends");
}

#[test]
fn what_is_too_large_is_kept_by_its_hash() {
    let large = vec![7; MAX_KEPT_BYTES + 1];
    let mut recorder = Recorder::new("{}", None);
    recorder.completed([(1, false, &b"head"[..], &large[..])].into_iter());
    let bytes = recorder.finish(&ending()).unwrap();
    assert!(bytes.len() < 1000);
    let mut without = Player::new(&bytes, None, Vec::new()).unwrap();
    assert!(without.completed().unwrap_err().recorded.contains("BLAKE3"));
    let mut with = Player::new(&bytes, None, vec![large.clone()]).unwrap();
    let completed = with.completed().unwrap().unwrap().remove(0);
    assert_eq!((completed.head, completed.contents), (b"head".to_vec(), large));
}
