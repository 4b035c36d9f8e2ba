# Prints every import that does not point downwards: "file: room imports room".
# The rooms in rising order; a room may import itself and any room before it, none beside it or after it.
# error and sys share a layer in the design, as do ring and array, csv and pipeline: the first of each pair may
# not know the second.

BEGIN {
    count = split("error sys sync memory protocol ring array pool csv pipeline", rooms, " ")
    for (i = 1; i <= count; i++) rank[rooms[i]] = i
}

FNR == 1 {
    finish()
    file = FILENAME
    text = ""
}

{
    line = $0
    sub(/\/\/.*/, "", line)
    text = text " " line
}

END {
    finish()
    exit found ? 1 : 0
}

function finish(   path, depth, parts, room) {
    if (file == "") return
    path = file
    sub(/^.*src\//, "", path)
    depth = split(path, parts, "/")
    room = parts[1]
    sub(/\.rs$/, "", room)
    if (room == "lib") return
    if (!(room in rank)) return report(room, "nothing: it is no room of the design; add it to ci/layers.awk")
    # In mod.rs the root is one step nearer than in a file beside it.
    if (parts[depth] == "mod.rs") depth--
    look(room, text, "crate::")
    climb(room, text, depth)
}

# Looks at every path that starts with `start`, whether one name or a group of names in braces follows.
function look(room, rest, start,   at, before, level, c, name, i) {
    while ((at = index(rest, start)) > 0) {
        before = at > 1 ? substr(rest, at - 1, 1) : " "
        rest = substr(rest, at + length(start))
        if (before ~ /[A-Za-z0-9_]/) continue
        sub(/^ +/, "", rest)
        if (substr(rest, 1, 1) != "{") {
            judge(room, first_name(rest))
            continue
        }
        level = 0
        name = ""
        for (i = 1; i <= length(rest); i++) {
            c = substr(rest, i, 1)
            if (c == "{") level++
            if (c == "}") level--
            if (level == 0) break
            if (level > 1 || c == "{" || c == "}") continue
            if (c == ",") { judge(room, first_name(name)); name = "" } else name = name c
        }
        judge(room, first_name(name))
    }
}

# Looks at chains of `super::` long enough to reach the root.
function climb(room, rest, depth,   chain, i) {
    chain = ""
    for (i = 0; i < depth; i++) chain = chain "super::"
    while ((i = index(rest, chain)) > 0) {
        rest = substr(rest, i + length(chain))
        while (index(rest, "super::") == 1) rest = substr(rest, 8)
        name = first_name(rest)
        if (name in rank) judge(room, name)
    }
}

function first_name(text) {
    sub(/^[ {]+/, "", text)
    match(text, /^[A-Za-z0-9_*]+/)
    return RLENGTH > 0 ? substr(text, 1, RLENGTH) : ""
}

function judge(room, name) {
    if (name == "" || name == room) return
    if (!(name in rank)) report(room, "`" name "` by way of the crate root; name its room")
    else if (rank[name] > rank[room]) report(room, "`" name "`, which lies above it")
}

function report(room, what) {
    print file ": `" room "` imports " what
    found = 1
}
