//! Prints the median time of a new context, in microseconds.

use std::time::Instant;

fn main() {
    let mut times: Vec<f64> = (0..201)
        .map(|_| {
            let began = Instant::now();
            intl::run("1");
            began.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{:.0}", times[times.len() / 2]);
}
