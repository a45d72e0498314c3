import HTTPCore
import JSON
import TableStorage

/// Starting jobs, and what became of them.
struct JobOperations: Sendable {
    let store: TableStore
    let jobs: JobRunner

    var all: [Operation] {
        [
            Operation("get_job", required: [.id], access: .everyRole, run: job),
            Operation(
                "search_jobs_by_start_date", "search_jobs", required: [.fromDate, .toDate],
                access: .superUser(name: "handleGetJobsByStartDate"), run: search),
        ]
    }

    /// Starts a job and answers at once.
    func start(
        _ type: String, _ request: OperationRequest, work: @escaping JobRunner.Work
    ) throws(HTTPError) -> JSONValue {
        let id = try storing(missing: .badRequest) { () throws(TableStorageError) in
            try jobs.start(type: type, user: request.user?.name ?? "", work: work)
        }
        // Clients cut the id out of the sentence: it is the fifth and last word.
        return ["message": .string("Starting job with id \(id)"), "job_id": .string(id)]
    }

    private func job(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let id = try request.text(.id)
        let job = try storing(missing: .notFound) { () throws(TableStorageError) in
            try jobs.job(id)
        }
        return .array(job.map { [.object($0)] } ?? [])
    }

    private func search(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let (from, to) = (try request.moment(.fromDate), try request.moment(.toDate))
        return try storing(missing: .notFound) { () throws(TableStorageError) in
            .array(try jobs.jobs(startedFrom: from, to: to).map { .object($0) })
        }
    }
}

extension JobRunner.Failure {
    /// A refusal as a job shows it: the object that a client would have been answered, if it says
    /// more than a sentence.
    init(_ error: HTTPError) {
        let body = error.body.flatMap { try? JSONValue(parsing: $0) }
        self.init(body ?? .string(error.message))
    }

    init(_ error: TableStorageError) {
        if let refusal = error.cause as? HTTPError, error.code == .denied {
            self.init(refusal)
        } else {
            self.init(.string(error.message))
        }
    }
}

/// Runs a piece of a job's work on the store.
func working<Answer>(
    _ body: () throws(TableStorageError) -> Answer
) throws(JobRunner.Failure) -> Answer {
    do throws(TableStorageError) {
        return try body()
    } catch {
        throw JobRunner.Failure(error)
    }
}

extension OperationRequest {
    /// A moment in milliseconds since 1970, from a date or such a number.
    func moment(_ field: Field) throws(HTTPError) -> Int64 {
        let value = self[field] ?? .null
        // Some clients write the number as text.
        let number = value.stringValue.flatMap(Int64.init).map(JSONValue.integer)
        guard let date = RequestTime.date(number ?? value) else {
            throw HTTPError(
                .badRequest,
                "'\(field.names[0])' must be a date in ISO-8601 format (YYYY-MM-DD) or "
                    + "milliseconds since 1970")
        }
        return Int64(date.timeIntervalSince1970 * 1_000)
    }
}
