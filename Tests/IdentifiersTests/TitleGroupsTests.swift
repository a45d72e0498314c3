import Identifiers
import Testing

@Suite struct TitleGroupsTests {
    private func groups(_ titles: [String], author: String = "A. Uthor") -> TitleGroups {
        TitleGroups(titles.map { ($0, author) })
    }

    @Test(arguments: [
        ("Emma", "EMMA"), ("Emma", "Emma (Penguin Classics)"),
        ("The Hobbit", "The Hobbit: The Enchanting Prelude to The Lord of the Rings"),
        ("Goblet of Fire", "Goblet of Fire (Book 4)"), ("Don't Look", "Dont Look!"),
    ])
    func `editions of one title have one number`(first: String, second: String) {
        let editions = groups([first, "Another", second]).editions

        #expect(editions[0] == editions[2])
        #expect(editions[0] != editions[1])
    }

    @Test(arguments: [
        ("Ranma 1/2 (Vol. 1)", "Ranma 1/2 (Vol. 2)"), ("Emma", "Emily"),
        // Nobody wrote a book that is called `Star Wars` alone.
        ("Star Wars: Dark Tide", "Star Wars: Red Harvest"),
    ])
    func `other titles and other volumes have other numbers`(first: String, second: String) {
        let editions = groups([first, second]).editions

        #expect(editions[0] != editions[1])
    }

    @Test func `equal titles of different authors are different`() {
        let editions = TitleGroups([("Poems", "Ann"), ("Poems", "Bob")]).editions

        #expect(editions[0] != editions[1])
    }

    @Test func `an author's name is compared by its letters`() {
        let editions = TitleGroups([("Emma", "J.R.R. TOLKIEN"), ("Emma", "J. R. R. Tolkien")])
            .editions

        #expect(editions[0] == editions[1])
    }

    @Test(arguments: [
        ["Catching Fire (The Hunger Games, #2)", "Mockingjay (The Hunger Games, #3)"],
        ["Mort (Discworld 4)", "Sourcery (Discworld, Book 5)"],
        [
            "Harry Potter and the Goblet of Fire", "Harry Potter and the Chamber of Secrets",
            "Harry Potter und der Stein der Weisen",
        ],
    ])
    func `volumes of a series have one number`(titles: [String]) {
        let series = groups(titles + ["Alone"]).series

        #expect(Set(series.dropLast()).count == 1)
        #expect(series[0] != 0)
        #expect(series.last == 0)
    }

    @Test(arguments: [
        ["The Firm", "The Client", "The Chamber"], ["Of The Sea", "Of The Land", "Of The Air"],
        ["Two Alike One", "Two Alike Other"], ["1984 a", "1984 a b", "1984 a c"],
    ])
    func `titles that begin alike by chance are no series`(titles: [String]) {
        #expect(Set(groups(titles).series) == [0])
    }

    @Test func `nothing is taken apart that is empty or unbalanced`() {
        let found = groups(["", "()", ")(", "((", "(only)"])

        #expect(found.editions.count == 5)
        #expect(groups([]).editions.isEmpty)
    }
}
