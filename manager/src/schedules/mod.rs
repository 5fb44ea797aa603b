//! Schedules: `calendar` knows when they fire, `firing` fires those that are due.

mod calendar;
mod firing;

pub(crate) use self::{
    calendar::{Calendar, CalendarError},
    firing::{run, run_now},
};
