import Foundation
import HTTPCore
import JSON
import TableStorage
import Telemetry

/// The parts of `system_information`, in the shapes of HarperDB's.
struct SystemInformation: Sendable {
    let host: HostReadings
    let store: TableStore
    let facts: NodeFacts

    private typealias Part = (
        name: String, read: @Sendable (Self) throws(HTTPError) -> JSONValue
    )

    private static let parts: [Part] = [
        ("system", { $0.system }), ("time", { $0.time }), ("cpu", { $0.processor }),
        ("memory", { $0.memory }), ("disk", { $0.disk }), ("network", { $0.network }),
        ("harperdb_processes", { $0.processes }),
        ("table_size", { part throws(HTTPError) in try part.tableSizes() }),
        ("metrics", { part throws(HTTPError) in try part.metrics() }),
        ("threads", { $0.threads }), ("replication", { $0.replication }),
    ]

    /// - Parameter names: The parts to read, or nil for all. Unknown names are passed over.
    func answer(_ names: Set<String>?) throws(HTTPError) -> JSONValue {
        var answer = JSONObject([])
        for part in Self.parts where names?.contains(part.name) ?? true {
            answer[part.name] = try part.read(self)
        }
        return .object(answer)
    }
}

// MARK: The machine

extension SystemInformation {
    private var system: JSONValue {
        let system = host.system()
        return [
            "platform": "linux", "distro": .string(system.distribution),
            "release": .string(system.release), "codename": .string(system.codename),
            "kernel": .string(system.kernel), "arch": .string(system.architecture),
            "hostname": .string(system.hostname), "fqdn": .string(system.hostname),
        ]
    }

    private var time: JSONValue {
        let zone = TimeZone.current
        let minutes = zone.secondsFromGMT() / 60
        let offset = String(
            format: "GMT%@%02d%02d", minutes < 0 ? "-" : "+", abs(minutes) / 60, abs(minutes) % 60)
        return [
            "current": .integer(store.milliseconds),
            "uptime": JSONValue(host.uptime() ?? 0), "timezone": .string(offset),
            "timezoneName": .string(zone.identifier),
        ]
    }

    private var memory: JSONValue {
        guard let memory = host.memory() else { return [:] }
        return [
            "total": JSONValue(memory.total), "free": JSONValue(memory.free),
            "used": JSONValue(memory.used), "active": JSONValue(memory.active),
            "available": JSONValue(memory.available), "swaptotal": JSONValue(memory.swapTotal),
            "swapused": JSONValue(memory.swapUsed), "swapfree": JSONValue(memory.swapFree),
        ]
    }

    private var processor: JSONValue {
        let processor = host.processor()
        return [
            "manufacturer": .string(processor.manufacturer), "brand": .string(processor.brand),
            "vendor": .string(processor.vendor), "speed": JSONValue(processor.speed),
            "cores": JSONValue(processor.cores),
            "physicalCores": JSONValue(processor.physicalCores),
            "processors": JSONValue(processor.processors), "current_load": load,
        ]
    }

    /// HarperDB 3 and Studio write `currentload`, later versions `currentLoad`. Studio needs a
    /// number there, so a load that was never measured is 0.
    private var load: JSONValue {
        let load = host.load()
        let busy = JSONValue(load?.busy ?? 0)
        return [
            "avgLoad": JSONValue(host.averageLoad() ?? 0), "currentLoad": busy, "currentload": busy,
            "currentLoadUser": JSONValue(load?.user ?? 0),
            "currentLoadSystem": JSONValue(load?.system ?? 0),
            "currentLoadNice": JSONValue(load?.nice ?? 0),
            "currentLoadIdle": JSONValue(load?.idle ?? 0),
            "currentLoadIrq": JSONValue(load?.interrupts ?? 0),
        ]
    }

    private var disk: JSONValue {
        let disks = host.disks()
        let size = host.volumes().map { volume -> JSONValue in
            [
                "fs": .string(volume.mount.source), "type": .string(volume.mount.type),
                "size": JSONValue(volume.usage.bytes), "used": JSONValue(volume.usage.usedBytes),
                "use": JSONValue(Double(volume.usage.usedBytes) / Double(volume.usage.bytes) * 100),
                "mount": .string(volume.mount.path),
            ]
        }
        return [
            "io": [
                "rIO": JSONValue(disks.reads), "wIO": JSONValue(disks.writes),
                "tIO": JSONValue(disks.reads &+ disks.writes),
            ],
            "read_write": [
                "rx": JSONValue(disks.readBytes), "wx": JSONValue(disks.writtenBytes),
                "tx": JSONValue(disks.readBytes &+ disks.writtenBytes),
            ],
            "size": .array(size),
        ]
    }

    private var network: JSONValue {
        let stats = host.networks().map { network -> JSONValue in
            [
                "iface": .string(network.interface), "rx_bytes": JSONValue(network.receivedBytes),
                "rx_dropped": JSONValue(network.receivedDropped),
                "rx_errors": JSONValue(network.receivedErrors),
                "tx_bytes": JSONValue(network.sentBytes),
                "tx_dropped": JSONValue(network.sentDropped),
                "tx_errors": JSONValue(network.sentErrors),
            ]
        }
        let interfaces = host.interfaces().map { interface -> JSONValue in
            [
                "iface": .string(interface.name), "mac": .string(interface.hardwareAddress),
                "operstate": .string(interface.state),
            ]
        }
        return [
            "default_interface": host.defaultInterface().map { .string($0) } ?? .null,
            // HarperDB asks a search engine. A node asks nobody whom it was not told to ask, and
            // says what HarperDB says without a network.
            "latency": ["url": .null, "ok": false, "status": .null, "ms": .null],
            "interfaces": .array(interfaces), "stats": .array(stats), "connections": [],
        ]
    }
}

// MARK: The node

extension SystemInformation {
    private var processes: JSONValue {
        let core = host.ownProcess().map { own -> JSONValue in
            let (process, share) = (own.process, JSONValue(own.processorShare))
            return [
                "pid": JSONValue(process.pid), "parentPid": JSONValue(process.parent),
                "name": .string(process.name), "state": .string(process.state), "pcpu": share,
                "cpu": share, "mem_rss": JSONValue(own.residentBytes / 1_024),
                "memRss": JSONValue(own.residentBytes / 1_024),
                "mem_vsz": JSONValue(process.virtualBytes / 1_024),
                "uptime": JSONValue(own.runningSeconds),
            ]
        }
        return ["core": .array(core.map { [$0] } ?? []), "clustering": []]
    }

    private var threads: JSONValue {
        .array(
            host.threads().map { thread in
                ["threadId": JSONValue(thread.id), "name": .string(thread.name)]
            })
    }

    /// The feeds that models come from; tables do not travel.
    private var replication: JSONValue {
        .array(
            facts.followed().map { channel in
                [
                    "url": .string(channel.url), "channel": .string(channel.channel),
                    "connected": .bool(channel.isOpen),
                    "latency": channel.latencyMilliseconds.map { JSONValue($0) } ?? .null,
                ]
            })
    }

    private func tableSizes() throws(HTTPError) -> JSONValue {
        try storing(missing: .notFound) { () throws(TableStorageError) in
            var sizes: [JSONValue] = []
            for database in store.databaseNames {
                for table in try store.tables(of: database) {
                    let name = TableName(database, table.name)
                    let (count, bytes) = (
                        try store.recordCount(of: name), try store.sizeBytes(of: name)
                    )
                    sizes.append([
                        "schema": .string(database), "table": .string(table.name),
                        "table_size": bytes.map { JSONValue($0) } ?? .null,
                        "record_count": JSONValue(count),
                        "transaction_log_size": 0, "transaction_log_record_count": 0,
                    ])
                }
            }
            return .array(sizes)
        }
    }

    private func metrics() throws(HTTPError) -> JSONValue {
        try storing(missing: .notFound) { () throws(TableStorageError) in
            var metrics = JSONObject([])
            for database in store.databaseNames {
                metrics[database] = ["txns": JSONValue(try store.commitCount(of: database))]
            }
            return .object(metrics)
        }
    }
}
