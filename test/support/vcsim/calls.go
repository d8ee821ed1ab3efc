package main

import (
	"net/http"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// calls watches what clients ask over the network, and gets in their way where told.
type calls struct {
	mutex   sync.Mutex
	counted map[string]int
	delays  map[string]time.Duration
	refused int
	status  int
}

// before is called by the simulator ahead of each method.
func (c *calls) before(ctx *simulator.Context, method *simulator.Method) (mo.Reference, types.BaseMethodFault) {
	announce(ctx, method)
	// Our own commands are carried out in a session without a user.
	if ctx.Session != nil && ctx.Session.UserName == "" {
		return nil, nil
	}
	c.mutex.Lock()
	c.counted[method.Name]++
	delay, ok := c.delays[method.Name]
	if !ok {
		delay = c.delays["*"]
	}
	c.mutex.Unlock()
	time.Sleep(delay)
	return nil, nil
}

// refusing answers so many requests with an HTTP status of its own.
func (c *calls) refusing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mutex.Lock()
		refuse := c.refused > 0
		if refuse {
			c.refused--
		}
		status := c.status
		c.mutex.Unlock()
		if refuse {
			http.Error(w, http.StatusText(status), status)
			return
		}
		next.ServeHTTP(w, r)
	})
}
