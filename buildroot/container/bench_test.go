package container

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/job"
)

// One run of the program with one container: start, run, close.
func BenchmarkContainer(b *testing.B) {
	j := shell(b, "")
	j.Args = []string{"/bin/true"}
	dir := scratch(b)
	for b.Loop() {
		k, err := Start(context.Background(), Options{Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		bench(b, k, j)
		if err := k.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func bench(b *testing.B, k *Keeper, j job.Job) {
	if res, err := k.Run(context.Background(), j, job.Streams{}); err != nil || res.Exit != 0 {
		b.Fatal(res, err)
	}
}

// Each further container of a run, by its number of layers.
func BenchmarkContainerFurther(b *testing.B) {
	for _, n := range []int{1, 129, 499} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			k := start(b, Options{})
			j := shell(b, "")
			j.Args = []string{"/bin/true"}
			for i := range n - 1 {
				dir := scratch(b)
				write(b, fmt.Sprintf("%s/d/%d", dir, i), "")
				j.Layers = append(j.Layers, dir)
			}
			for b.Loop() {
				bench(b, k, j)
			}
		})
	}
}

// Eight containers at a time.
func BenchmarkContainerParallel(b *testing.B) {
	k := start(b, Options{})
	j := shell(b, "")
	j.Args = []string{"/bin/true"}
	b.SetParallelism(4) // times two processors
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			bench(b, k, j)
		}
	})
}

// Calls a second: one that the filter lets pass, one that it answers, one that
// the listener answers.
func BenchmarkContainerCalls(b *testing.B) {
	k := start(b, Options{})
	j := helper(b, "rate")
	for b.Loop() {
		var out bytes.Buffer
		if _, err := k.Run(context.Background(), j, job.Streams{Out: &out}); err != nil {
			b.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			f := strings.Fields(line)
			if rate, err := strconv.ParseFloat(f[1], 64); err == nil {
				b.ReportMetric(rate, f[0]+"/s")
			}
		}
	}
}
