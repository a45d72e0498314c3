import Glibc
import HTTPCore

/// A file that is about to be sent, known to be long enough.
struct OpenedFile {
    let descriptor: Int32

    /// Nil if the response has no file to send.
    init?(of response: HTTPResponse, isHead: Bool) throws(HTTPError) {
        guard case .file(let path, let range) = response.body, !isHead else { return nil }
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw HTTPError(
                .internalError, "A file cannot be read.", cause: SystemError.last("open"))
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            range.lowerBound >= 0, range.upperBound <= Int(status.st_size)
        else {
            close()
            throw HTTPError(
                .internalError, "A file is shorter than what was asked of it.",
                cause: SystemError(call: "fstat", number: EIO))
        }
    }

    func close() { Glibc.close(descriptor) }
}
