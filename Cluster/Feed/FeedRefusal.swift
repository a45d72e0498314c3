/// Why something that arrived is not believed: a stable code for machines, a sentence for people.
///
/// Refusing is normal work, so this is a value and not an accident.
package struct FeedRefusal: Error, Sendable, Hashable {
    package enum Code: String, Sendable, CaseIterable {
        /// No signature line, too many, or one that is no signature.
        case signatureMalformed = "sig.malformed"
        /// Signed bytes of another type: a key file offered as an entry, say.
        case signatureDomain = "sig.domain"
        /// No key that counts now has signed these bytes.
        case signatureInvalid = "sig.invalid"
        case entryMalformed = "entry.malformed"
        /// A digest that is not `sha256:` and 64 lower-case digits: nothing is asked for by it.
        case digestMalformed = "digest.malformed"
        /// An entry of another channel.
        case entryChannel = "entry.channel"
        /// An entry of an epoch that no key file known here has begun.
        case entryEpoch = "entry.epoch"
        case keysMalformed = "keys.malformed"
        /// A key file that does not follow the one before it.
        case keysOutOfOrder = "keys.order"
        case keysExpired = "keys.expired"
        /// Older than what was accepted before.
        case feedRollback = "feed.rollback"
        /// Another history than the one that was accepted before.
        case feedFork = "feed.fork"
        case feedExpired = "feed.expired"
        case versionDowngrade = "version.downgrade"
        case versionFloor = "version.floor"
        case versionBad = "version.bad"
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
