import Foundation
import Integrity
import Synchronization

/// Logins that were right a short while ago, so that a client with a thousand requests pays for
/// one password hash.
///
/// Every request asks here: what is done under the lock is one look at a table of numbers.
final class RememberedLogins: Sendable {
    /// A login as it was asked for, and the user if it is known to be right.
    struct Question: Sendable {
        let user: User?
        fileprivate let key: KeyedFingerprint.Value
        fileprivate let time: Date
        fileprivate let generation: Int
    }

    private final class Login: Sendable {
        let user: User
        let until: Date

        init(_ user: User, until: Date) {
            self.user = user
            self.until = until
        }
    }

    private struct State {
        var logins: [KeyedFingerprint.Value: Login] = [:]
        /// Grows whenever a user changes: a password that was checked before counts no more.
        var generation = 0
    }

    private static let countMax = 10_000
    private static let time: TimeInterval = 60

    private let fingerprint = KeyedFingerprint()
    private let state = Mutex(State())

    func ask(name: String, password: String, at time: Date) -> Question {
        let key = fingerprint.of(Array("\(name)\n\(password)".utf8))
        let (login, generation) = state.withLock { ($0.logins[key], $0.generation) }
        let user = login.flatMap { $0.until > time ? $0.user : nil }
        return Question(user: user, key: key, time: time, generation: generation)
    }

    /// The login was found to be right; forgotten again if some user changed since it was asked.
    func remember(_ user: User, for question: Question) {
        let login = Login(user, until: question.time.addingTimeInterval(Self.time))
        state.withLock { state in
            guard state.generation == question.generation else { return }
            if state.logins.count >= Self.countMax { state.logins.removeAll() }
            state.logins[question.key] = login
        }
    }

    func forget() {
        state.withLock { state in
            state.logins.removeAll()
            state.generation += 1
        }
    }
}
