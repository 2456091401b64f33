// Package recipe reads and checks recipes, the TOML files that say how one piece
// of software is built and what of it goes into an image.
//
// A recipe is data. Reading one ([Parse]) opens no other file, runs nothing and
// asks no network: the same bytes give the same [Recipe], or the same mistakes,
// on every machine. What a recipe says depends on the variant, the architecture
// and the suite it is built for; [Recipe.Instance] gives that as plain data,
// variables expanded and defaults filled in, and is what later stages read.
// [Load] reads a whole workspace. What a recipe leaves open, such as the digest
// of a source, is settled by package lock; operations on configuration files are
// package edit's.
//
// The rest of this comment is the reference of the format.
//
// # Rules
//
// What has a name is a table by its name: [user], [artefacts], [test.serves];
// for files the path is the name: [file], [edit."/etc/x"]. What has an order is
// a list: [[source]], [[step]]. Unknown keys are mistakes. TOML 1.1 is read;
// write 1.0, which every editor knows.
//
// Paths. With a leading / a path is in the image. Without, it is in the unpacked
// source for [edit] and [[step]], and beside the recipe for from, dir, patches
// and signed-by. // begins at the workspace, which no path leaves.
//
// Globs. *, **, ?, [a-z] and {a,b}. One that matches nothing is a mistake when
// the recipe is built. Where files are listed, !glob leaves out, wherever it
// stands in the list.
//
// Variables. Every recipe has name, version, major, minor, variant, arch,
// triplet and suite: 8.4.24 has major 8 and minor 4, arch is Debian's (arm64),
// triplet the GNU name (aarch64-linux-gnu). [vars] and the variant add to them.
// ${x} is expanded in names and places: everywhere but in run, content, set,
// ops, lines and body, in sudo, scripts, password and the values of variables.
// expand = true beside content or in an [edit] turns it on there. An unknown
// ${x} where it is expanded is a mistake, a lone $ is a $, and $${ is written
// for ${. In scripts the variables are environment variables, and so are out
// (where to install to), src (the source's root) and jobs.
//
// Conditions. only.arch, only.variant and only.suite, each a string or a list,
// may stand on any entry that is a table; all of them must hold. In lists of
// dependencies Debian's own form is meant: "libatomic1 [armel]", "gdb <debug>",
// "x <!debug>", where the name in <> is a variant's.
//
//	[vars]
//	home = "/opt/relay"
//
//	[variant.plain]
//	version = "1.4.0"
//
//	[variant.debug]
//	like = "plain"
//
//	[depends]
//	runtime = ["libatomic1 [armel armhf]", "gdb <debug>"]
//
//	[file]
//	"${home}/a.conf" = { content = "tmp=${TMP}\n" }                  # the text stays as it is
//	"${home}/b.conf" = { content = "version=${version}\n", expand = true }
//	"/root/.gdbinit" = { content = "set pagination off\n", only.variant = "debug", only.arch = ["amd64", "arm64"], only.suite = "trixie" }
//
//	[link]
//	"/usr/bin/relay" = "${home}/relay"                              # where an entry has one obvious value, it may be that
//
// # [recipe], [vars], [variant]
//
//   - recipe.name: by default the directory's name, which it must be in a workspace.
//   - recipe.version: also ${version}, a label, and in the SBOM.
//   - recipe.summary, homepage, license: become labels org.opencontainers.image.*;
//     the licence is an SPDX expression.
//   - recipe.arch: a list of Debian's architectures; by default the workspace's.
//   - recipe.suite: by default the workspace's.
//   - vars.X: a variable; a string, or a table by architecture in which "*" is the rest.
//   - variant.V.X: variables of a flavour, over those of [vars]. The first variant
//     is the default; NAME@V names another.
//   - variant.V.like: the variant begins with that one's values.
//
// Variants set variables, and nothing else. Names with a dot need quotes.
//
//	[recipe]
//	name     = "haproxy"
//	version  = "3.2.21"
//	summary  = "HAProxy ${variant}"
//	license  = "GPL-2.0-or-later"
//	homepage = "https://www.haproxy.org"
//	arch     = ["amd64", "arm64"]
//	suite    = "trixie"
//
//	[vars]
//	page = { amd64 = "12", "*" = "16" }
//
//	[variant."3.2"]
//	opts = "USE_QUIC=1"
//
//	[variant.debug]
//	like = "3.2"
//	opts = "USE_QUIC=1 DEBUG=1"
//
// # [depends], [archive], [scripts]
//
//   - depends.build: packages in the buildroot only.
//   - depends.runtime: packages in the image. What shared libraries need comes by
//     itself.
//   - depends.recommends: true if what these packages recommend comes, too, where
//     it can be had. `ashlar resolve --recommends` lists it to choose from.
//   - registry.npm, go, pip, cargo: in ashlar.toml, where packages of languages
//     come from that a lock file names without a place of its own: URLs in the
//     place of registry.npmjs.org, proxy.golang.org, pypi.org/simple, and
//     static.crates.io/crates.
//   - archive.A.uri, suite, components: the words of a deb822 .sources file. By
//     default the suite is the recipe's; a suite that ends in / is a flat archive,
//     which has no components. In a recipe of another suite than the workspace's it is
//     called A-SUITE in the lock; of one name there is one archive.
//   - archive.A.signed-by: the key, beside the recipe.
//   - archive.A.include: globs of package names. Nothing else is ever taken from
//     here, and these are taken from nowhere else.
//   - scripts.debconf: answers for maintainer scripts. One to a question that no
//     package asks, or that is none of its choices, is a mistake.
//   - scripts.skip: packages whose scripts do not run.
//
// A dependency is a relation as Debian Policy 7.1 has it, with alternatives
// (a | b), or a pin as apt-get takes it: name=version, name/suite. A name and a pin
// are asked for as apt-get install does; a range of versions and alternatives as
// apt-get satisfy does, so that whatever else comes may meet them: a | b is nothing
// more where b is asked for. Or it is
// recipe:NAME[@VARIANT][/SET], an output of another recipe, by default main, for the
// same architecture. In depends.build, and in the packages of a test, its files lie in
// the root, and with them what they depend on, configured as where it was built; its
// users have accounts, the linker finds its libraries, and what else the recipe brings
// (below) is there, as far as the root has what it edits, but for what it removes and
// its sudo rules. In depends.runtime they come into the image with all that the recipe
// brings. A recipe that the steps use comes into the image by itself where its
// libraries are needed, and brings the packages that these need.
//
// A package of another architecture is asked for as "zlib1g-dev:arm64", which lies
// beside the native ones as after dpkg --add-architecture arm64: a compiler such as
// gcc-aarch64-linux-gnu finds it. Multi-Arch says what goes together (deb-control(5)),
// and maintainer scripts run as native ones do. Nothing else has to be said.
//
// Recipes cannot need each other in a circle.
//
//	[depends]
//	build   = ["build-essential", "libssl-dev (>= 3.5)", "recipe:openssl/dev"]
//	runtime = ["default-mta | mail-transport-agent", "curl/trixie-backports", "jq=1.7.1-6"]
//	recommends = true
//
//	[archive.nginx]
//	uri        = "https://nginx.org/packages/debian"
//	suite      = "${suite}"
//	components = ["nginx"]
//	signed-by  = "nginx_signing.asc"
//	include    = ["nginx", "nginx-module-*"]
//	only.arch  = ["amd64", "arm64"]
//
//	[scripts]
//	debconf = { "postfix/main_mailer_type" = "No configuration" }
//	skip    = ["openssh-server"]
package recipe
