use super::*;

#[tokio::test]
async fn a_script_returns_logs_and_throws() {
    assert_eq!(value("export default () => 1 + 1").await, "2");
    let report =
        run(&RunRequest::new("export default async (input) => { console.log('hi', {a: [1]}); await null; throw new TypeError('no') }"))
            .await;
    println!("{report:#?}");
    let report = run(&RunRequest::new("while(true){}")).await;
    println!("{report:#?}");
}
