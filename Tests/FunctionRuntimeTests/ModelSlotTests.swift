import Dispatch
import FunctionRuntime
import Synchronization
import Testing

@Suite struct ModelSlotTests {
    @Test func `an empty slot says that no model has arrived`() {
        let slot = ModelSlot<Int>(name: "books")

        let error = #expect(throws: FunctionError.self) { try slot.current() }

        #expect(error?.code == .modelUnavailable)
        #expect(error?.message.contains("books") == true)
    }

    @Test func `nothing is loaded before the first request`() throws {
        let slot = ModelSlot<Int>(name: "books")
        let loads = Atomic<Int>(0)

        slot.offer { () throws(FunctionError) in loads.wrappingAdd(1, ordering: .relaxed).newValue }
        #expect(slot.loaded == nil)
        #expect(loads.load(ordering: .relaxed) == 0)

        #expect(try slot.current() == 1)
        #expect(slot.loaded == 1)
    }

    @Test func `sixteen requests at once load the model once`() {
        let slot = ModelSlot<Int>(name: "books")
        let loads = Atomic<Int>(0)
        let answers = Mutex<[Int]>([])
        let everybodyAsks = DispatchSemaphore(value: 0)
        slot.offer { () throws(FunctionError) in
            everybodyAsks.wait()
            return loads.wrappingAdd(1, ordering: .relaxed).newValue
        }

        let group = DispatchGroup()
        for _ in 0..<16 {
            DispatchQueue.global().async(group: group) {
                let answer = try? slot.current()
                answers.withLock { $0.append(answer ?? -1) }
            }
        }
        everybodyAsks.signal()
        group.wait()

        #expect(loads.load(ordering: .relaxed) == 1)
        #expect(answers.withLock { $0 } == Array(repeating: 1, count: 16))
    }

    @Test func `a failed load is reported and the next request tries again`() throws {
        let slot = ModelSlot<Int>(name: "books")
        let loads = Atomic<Int>(0)
        slot.offer { () throws(FunctionError) in
            let attempt = loads.wrappingAdd(1, ordering: .relaxed).newValue
            guard attempt > 1 else { throw FunctionError(.modelRefused, "broken") }
            return attempt
        }

        #expect(throws: FunctionError.self) { try slot.current() }

        #expect(try slot.current() == 2)
    }

    @Test func `an installed model wins over a load that began earlier`() throws {
        let slot = ModelSlot<String>(name: "books")
        slot.offer { () throws(FunctionError) in
            slot.install("new")
            return "old"
        }

        #expect(try slot.current() == "new")
        #expect(slot.loaded == "new")
    }

    @Test func `an offer does not disturb a model that serves`() throws {
        let slot = ModelSlot<String>(name: "books")
        slot.install("serving")

        slot.offer { () throws(FunctionError) in "offered" }

        #expect(try slot.current() == "serving")
    }

    @Test func `a request keeps the model that it began with`() throws {
        final class Model: Sendable {}
        let slot = ModelSlot<Model>(name: "books")
        let first = Model()
        slot.install(first)

        let held = try slot.current()
        slot.install(Model())

        #expect(held === first)
        #expect(slot.loaded !== first)
    }
}
