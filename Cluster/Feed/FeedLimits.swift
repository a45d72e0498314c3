/// What the feed's files may be; checked before anything is parsed or verified.
package enum FeedLimits {
    /// The signed part of an entry or a key file, in bytes.
    package static let signedBytesMax = 16 << 10
    /// A whole file with its signature lines, in bytes.
    package static let fileBytesMax = 24 << 10
    /// Signature lines; each one costs a verification.
    package static let signaturesMax = 8
    /// Root or release keys of a key file.
    package static let keysMax = 8
    /// Manifests in the list of those that must never serve again.
    package static let badMax = 64
    package static let channelBytesMax = 64
    package static let noteBytesMax = 200
    /// The salt of a trial.
    package static let saltBytesMax = 64
    /// Key files that one look at the feed follows; the next look goes on from there.
    package static let keyFilesPerPullMax = 8
}
