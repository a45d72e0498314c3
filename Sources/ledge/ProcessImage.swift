import Foundation

/// This process, begun anew: the same identifier, arguments and environment.
enum ProcessImage {
    /// Replaces the running program by its executable as it now is on disk, perhaps a later one.
    ///
    /// Everything must have ended before: threads vanish where they stand.
    ///
    /// - Returns: Only if it fails, with the reason.
    static func replace() -> String {
        closeOnReplacement()
        // Threads of a pool block signals, and a mask outlives the program: without this nobody
        // could stop the next one.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        var words: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        execv(executable, words)
        return "\(executable) cannot be started: \(String(cString: strerror(errno)))"
    }

    /// By its path and not by the open file: an upgrade lays a later program in the same place.
    private static let executable =
        Bundle.main.executablePath ?? "/proc/self/exe"

    /// Standard input, output and error stay; whatever else is still open must not leak.
    private static func closeOnReplacement() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for descriptor in names.compactMap({ Int32($0) }) where descriptor > STDERR_FILENO {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }
}
