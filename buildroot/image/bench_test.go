package image

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkAssemble assembles an image of nginx's size: 10 packages with 3,000
// files out of a root of 75 packages, beside a build root of 130 packages with
// 20,000 files in which four libraries are found.
func BenchmarkAssemble(b *testing.B) {
	t := &testing.T{}
	in := check{world: manyPackages(10, 320, "app") + manyPackages(65, 60, "base"), build: manyPackages(126, 160, "dev") + `
		package libone 1
		Depends: libc6
		f /usr/lib/x86_64-linux-gnu/libone.so.1 elf=libc.so.6,libtwo.so.1
		package libtwo 1
		Depends: libc6
		f /usr/lib/x86_64-linux-gnu/libtwo.so.1 elf=libc.so.6
		package libthree 1
		Depends: libc6
		f /usr/lib/x86_64-linux-gnu/libthree.so.1 elf=libc.so.6
	`, recipe: `
[depends]
runtime = ["app0", "app9"]
[user]
app = { uid = 101 }
[file]
"/etc/app.conf" = { content = "worker_processes 1;\n" }
[edit."/etc/app.conf"]
set.worker_processes = "2"
[image]
entrypoint = ["main"]
user = "app"
`, outputs: []Output{outputOf(t, "app", "f /usr/sbin/main elf=libone.so.1,libthree.so.1,libc.so.6 interp=/lib64/ld-linux-x86-64.so.2")}}.input(t)
	b.ReportAllocs()
	for b.Loop() {
		r, err := Assemble(b.Context(), in)
		if err != nil {
			b.Fatal(printed(err))
		}
		if r.Tree.Len() < 2700 {
			b.Fatalf("%d files", r.Tree.Len())
		}
	}
}

// manyPackages are packages with files in the usual places, each depending on
// the one before.
func manyPackages(packages, files int, name string) string {
	var w strings.Builder
	for p := range packages {
		fmt.Fprintf(&w, "package %s%d 1\n", name, p)
		if p > 0 {
			fmt.Fprintf(&w, "Depends: libc6 (>= 2.1), %s%d (>= 1) | other\n", name, p-1)
		}
		for _, dir := range []string{"/usr", "/usr/lib", "/usr/lib/x86_64-linux-gnu", "/usr/share", "/usr/share/doc"} {
			fmt.Fprintf(&w, "d %s\n", dir)
		}
		for f := range files {
			switch f % 10 {
			case 0:
				fmt.Fprintf(&w, "f /usr/lib/x86_64-linux-gnu/lib%s%d-%d.so.1.0 elf=libc.so.6\n", name, p, f)
			case 1:
				fmt.Fprintf(&w, "l /usr/lib/x86_64-linux-gnu/lib%s%d-%d.so.1 lib%s%d-%d.so.1.0\n", name, p, f-1, name, p, f-1)
			case 2:
				fmt.Fprintf(&w, "f /usr/share/doc/%s%d/%d.html\n", name, p, f)
			default:
				fmt.Fprintf(&w, "f /usr/share/%s%d/data/%d size=100\n", name, p, f)
			}
		}
	}
	return w.String()
}
