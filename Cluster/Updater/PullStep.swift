/// Where a pull is. The state machine of the updater:
///
/// ```
/// idle -> entry -> manifest -> plan -> fetch -> stage -> probe -> commit -> swap -> probation
///   ^                                                                                   |
///   +-----------------------------------------------------------------------------------+
/// any failure: reason code, backoff, the serving model untouched
/// ```
///
/// | Step | What may be trusted when it ends |
/// |---|---|
/// | `entry` | the entry: signature, order, expiry, versions |
/// | `manifest` | the manifest: it has the signed digest and length |
/// | `plan` | that disk and memory are enough |
/// | `fetch` | every blob: it has the manifest's digest and length |
/// | `stage` | the bundle: shapes, ranges, catalogue, golden queries' form |
/// | `probe` | the model: it answers its golden queries |
/// | `commit` | the disk: a restart serves this version |
/// | `swap` | the memory: requests from now on get this version |
package enum PullStep: String, Sendable, CaseIterable {
    case idle, entry, manifest, plan, fetch, stage, probe, commit, swap, probation
}
