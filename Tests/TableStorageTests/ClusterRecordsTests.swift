import TestSupport
import Testing

@testable import TableStorage

@Suite struct ClusterRecordsTests {
    private let dogs = ClusterSubscription(
        database: "dev", table: "dog", publishes: true, subscribes: false)
    private let cats = ClusterSubscription(
        database: "dev", table: "cat", publishes: false, subscribes: true)

    private func code(_ body: () throws(TableStorageError) -> Void) -> TableStorageError.Code? {
        do throws(TableStorageError) {
            try body()
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `nodes outlive a restart`() throws {
        let fixture = try StoreFixture()
        let records = ClusterRecords(fixture.store.system)
        let one = ClusterNode(name: "b", host: "h", port: 12_345, subscriptions: [dogs])
        let other = ClusterNode(
            name: "a", url: "wss://a:9933",
            subscriptions: [
                ClusterSubscription(database: "dev", table: nil, publishes: true, subscribes: true)
            ])
        try records.add(one)
        try records.add(other)

        let nodes = try ClusterRecords(fixture.reopened().system).nodes()

        #expect(nodes == [other, one])
    }

    @Test func `a node is added once`() throws {
        let records = ClusterRecords(try StoreFixture().store.system)
        try records.add(ClusterNode(name: "a"))

        #expect(
            code { () throws(TableStorageError) in try records.add(ClusterNode(name: "a")) }
                == .alreadyExists)
    }

    @Test func `an update keeps what it does not name`() throws {
        let records = ClusterRecords(try StoreFixture().store.system)
        try records.add(ClusterNode(name: "a", host: "h", port: 1, subscriptions: [dogs, cats]))
        var changed = dogs
        changed.subscribes = true

        try records.update(ClusterNode(name: "a", port: 2, subscriptions: [changed]))

        #expect(
            try records.nodes()
                == [ClusterNode(name: "a", host: "h", port: 2, subscriptions: [cats, changed])])
        #expect(
            code { () throws(TableStorageError) in try records.update(ClusterNode(name: "b")) }
                == .invalidRecord)
    }

    @Test func `removing says whether there was something`() throws {
        let records = ClusterRecords(try StoreFixture().store.system)
        try records.add(ClusterNode(name: "a"))

        #expect(try records.remove("a"))
        #expect(try !records.remove("a"))
        #expect(try records.nodes().isEmpty)
    }

    @Test func `a replacement that is refused leaves the nodes as they were`() throws {
        let records = ClusterRecords(try StoreFixture().store.system)
        try records.add(ClusterNode(name: "a"))
        let twice = [ClusterNode(name: "b"), ClusterNode(name: "b")]
        let many = (0...ClusterRecords.nodesMax).map { ClusterNode(name: "n\($0)") }

        #expect(
            code { () throws(TableStorageError) in try records.replace(with: twice) }
                == .alreadyExists)
        #expect(
            code { () throws(TableStorageError) in try records.replace(with: many) }
                == .limitExceeded)
        #expect(try records.nodes().map(\.name) == ["a"])
        try records.replace(with: Array(many.dropLast()))
        #expect(try records.nodes().count == ClusterRecords.nodesMax)
    }

    @Test func `a route is set at one server only`() throws {
        let fixture = try StoreFixture()
        let records = ClusterRecords(fixture.store.system)
        let (one, two) = (ClusterRoute(host: "a", port: 1), ClusterRoute(host: "b", port: 1))

        #expect(try records.set([one], of: .hub) == [one])
        #expect(try records.set([one, two, two], of: .leaf) == [two])
        #expect(
            try ClusterRecords(fixture.reopened().system).routes() == [.hub: [one], .leaf: [two]])
        #expect(try records.delete([two, ClusterRoute(host: "c", port: 1)]) == [two])
        #expect(try records.routes() == [.hub: [one], .leaf: []])
    }
}
