// The recommender of `ledge bench serve` on Node's own http module, with typed arrays.
//
// usage: node serve_node.mjs DIRECTORY PORT hello|typed-arrays
// needs: Node 18 or newer, no packages
//
// DIRECTORY holds the model as `ledge bench serve` writes it; see serve_fastapi.py for what is computed. `hello` has
// no model.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const [directory, port, mode] = process.argv.slice(2);
const answers = 10;
const [best, worst, enough] = [10, 6, 5];

function typed(name, Kind) {
  const file = readFileSync(`${directory}/${name}`);
  return new Kind(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));
}

function recommender() {
  const shape = JSON.parse(readFileSync(`${directory}/shape.json`, "utf8"));
  const records = JSON.parse(readFileSync(`${directory}/items.json`, "utf8"));
  const places = new Map(records.map((record, place) => [record.isbn, place]));
  const [items, readers] = [typed("items.f32", Float32Array), typed("readers.f32", Float32Array)];
  const rated = typed("reader_items.i32", Int32Array);
  const { dimensions, items_per_reader: perReader, ratings } = shape;
  const query = new Float32Array(dimensions);

  function nearest(liked) {
    query.fill(0);
    for (const place of liked)
      for (let d = 0; d < dimensions; d++) query[d] += items[place * dimensions + d] / liked.length;
    // Four sums at once: they need not wait for one another.
    let [reader, largest] = [0, -Infinity];
    for (let row = 0, start = 0; start < readers.length; row++, start += dimensions) {
      let [a, b, c, e] = [0, 0, 0, 0];
      for (let d = 0; d < dimensions; d += 4) {
        a += readers[start + d] * query[d];
        b += readers[start + d + 1] * query[d + 1];
        c += readers[start + d + 2] * query[d + 2];
        e += readers[start + d + 3] * query[d + 3];
      }
      const score = a + b + c + e;
      if (score > largest) [reader, largest] = [row, score];
    }
    return reader;
  }

  return (keys) => {
    const liked = keys.map((key) => places.get(key));
    const start = nearest(liked) * perReader;
    const others = [];
    for (let place = 0; place < perReader; place++) {
      const item = rated[start + place];
      if (!liked.includes(item)) others.push([item, ratings[place]]);
    }
    let threshold = best;
    while (threshold >= worst && others.filter(([, rating]) => rating >= threshold).length < enough) threshold--;
    if (threshold < worst) threshold = best;
    const because = { isbn: keys[0], title: records[liked[0]].title };
    return others.filter(([, rating]) => rating >= threshold).slice(0, answers)
      .map(([item, rating]) => ({ ...records[item], score: rating / best, because }));
  };
}

const recommend = mode === "hello" ? undefined : recommender();

function send(response, type, text) {
  response.writeHead(200, { "Content-Type": type, "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}

createServer((request, response) => {
  if (request.method === "GET") return send(response, "text/plain", "hello");
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    const { isbns } = JSON.parse(Buffer.concat(pieces));
    send(response, "application/json", JSON.stringify(recommend(isbns)));
  });
}).listen(Number(port), "127.0.0.1");
