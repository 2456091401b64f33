package buildroot

import (
	"bufio"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/recipe/plan"
)

// unpackRate is a guess at the bytes of a package that are unpacked in a second.
const unpackRate = 10 << 20

// urgency is the length of the longest way from the begin of a to the end of the
// plan, a itself included. The build cannot end before that has passed, so the
// longest way goes first.
func (b *Builder) urgency(a *plan.Action) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if all, ok := b.ahead[a.ID]; ok {
		return all
	}
	return guess(a, 0)
}

// measure finds the urgency of all that is to be done, so far as anybody asked.
func (b *Builder) measure() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ahead = map[plan.ID]time.Duration{}
	for i := len(b.plan.Actions) - 1; i >= 0; i-- { // whoever reads a result stands behind
		a := b.plan.Actions[i]
		n := b.nodes[a.ID]
		if n == nil || !n.wanted {
			continue
		}
		all := b.ahead[a.ID] + guess(a, n.past)
		b.ahead[a.ID] = all
		for _, id := range a.Inputs {
			b.ahead[id] = max(b.ahead[id], all)
		}
	}
}

// guess is how long an action is likely to take, which past says best.
func guess(a *plan.Action, past time.Duration) time.Duration {
	if past > 0 {
		return past
	}
	if a.AddsAccounts() {
		return 100 * time.Millisecond
	}
	switch a.Kind {
	case plan.KindUnpack:
		return 10*time.Millisecond + time.Duration(a.Weight)*time.Second/unpackRate
	case plan.KindConfigure:
		return 2 * time.Second
	case plan.KindBuild:
		return 30 * time.Second
	}
	return 200 * time.Millisecond
}

// memoryOf is a guess at the memory that an action needs: what its steps are
// allowed, if they say so.
func memoryOf(a *plan.Action) int64 {
	const mb = 1 << 20
	switch do := a.Do.(type) {
	case *plan.Build:
		need := int64(0)
		for _, s := range do.Steps {
			need = max(need, s.Limits.Memory)
		}
		if need > 0 {
			return need
		}
		return 1024 * mb
	case *plan.Configure, *plan.Image:
		return 256 * mb
	}
	return 128 * mb
}

// freeMemory is what the machine has left, proc_meminfo(5), or no limit where it
// does not say.
func freeMemory() int64 {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return math.MaxInt64
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "MemAvailable:"); ok {
			if kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64); err == nil {
				return kb << 10
			}
		}
	}
	return math.MaxInt64
}
