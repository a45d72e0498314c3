import Foundation
import HTTPCore
import JSON
import TableStorage

/// The state of the machine, the licence, and the restart.
struct SystemOperations: Sendable {
    let store: TableStore
    let node: NodeControl
    let facts: NodeFacts

    /// The version that clients see: they switch on its number and know no other product's.
    static let version = "4.2.0"
    private static let licences = "licence"
    private static let fingerprints = "fingerprint"
    /// A licence's key or company, in bytes.
    private static let licenceBytesMax = 4_096

    var all: [Operation] {
        [
            Operation(
                "system_information", optional: [.attributes],
                access: .superUser(name: "systemInformation"),
                run: information),
            Operation("registration_info", access: .everyRole, run: registration),
            Operation(
                "get_fingerprint", access: .superUser(name: "getFingerprint"), run: fingerprint),
            Operation(
                "set_license", optional: [.key, .company], access: .superUser(name: "setLicense"),
                run: setLicence),
            Operation(
                "restart", access: .superUser(name: "restart"), endsConnection: true, run: restart),
            Operation(
                "restart_service", optional: [.service], access: .superUser(name: "restartService"),
                endsConnection: true, run: restartService),
        ]
    }

    private func information(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        // HarperDB takes anything but a list for nothing at all.
        let names = request[.attributes]?.arrayValue?.compactMap(\.stringValue) ?? []
        let isEverything = request[.attributes]?.arrayValue?.isEmpty ?? true
        let information = SystemInformation(host: node.host, store: store, facts: facts)
        return try information.answer(isEverything ? nil : Set(names))
    }

    private func registration(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let licences = try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.system.all(kind: Self.licences)
        }
        let megabytes = node.host.memory().map { JSONValue($0.total >> 20) } ?? .null
        return [
            "registered": .bool(!licences.isEmpty), "version": .string(Self.version),
            "ram_allocation": megabytes, "license_expiration_date": .null,
        ]
    }

    /// A name of this node that stays the same for as long as its folder does.
    private func fingerprint(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        try storing(missing: .notFound) { () throws(TableStorageError) in
            let (kind, key) = (Self.fingerprints, "node")
            if let known = try store.system.get(kind: kind, key: key)?["value"] { return known }
            let made = JSONValue.string(UUID().uuidString.lowercased())
            try store.system.put(["value": made], kind: kind, key: key)
            return made
        }
    }

    /// Ledge needs no licence: it keeps what tools insist on setting, and checks nothing.
    private func setLicence(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let key = request.body["key"]?.stringValue ?? ""
        let company = request.body["company"]?.stringValue ?? ""
        guard !key.isEmpty, !company.isEmpty else {
            throw HTTPError(.badRequest, "Invalid key or company specified for license file.")
        }
        guard max(key.utf8.count, company.utf8.count) <= Self.licenceBytesMax else {
            throw HTTPError(
                .badRequest,
                "'key' and 'company' have at most \(Self.licenceBytesMax) bytes each")
        }
        try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.system.put(
                ["license_key": .string(key), "company": .string(company)], kind: Self.licences,
                key: "node")
        }
        return "Wrote license key file.  Registration successful."
    }
}

// MARK: Restart

extension SystemOperations {
    private static let services: Set<String> = [
        "custom_functions", "custom functions", "http_workers", "http", "harperdb", "clustering",
        "clustering_config", "clustering config",
    ]

    private func restart(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        node.restart()
        return "Restarting HarperDB. This may take up to 60 seconds."
    }

    /// All services are one process, so each of them is restarted with the node.
    private func restartService(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        guard let service = request.body["service"]?.stringValue, Self.services.contains(service)
        else { throw HTTPError(.badRequest, "Invalid service") }
        node.restart()
        let shown = service == "custom_functions" ? "Custom Functions" : service
        return .string("Restarting \(shown)")
    }
}
