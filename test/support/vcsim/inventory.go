package main

import (
	"fmt"
	"path"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// inventory says how many of each there are.
type inventory struct {
	clusters, hosts, standalone, machines, portgroups int
}

// model has everything but the machines, which the simulator makes one after the other, each with a wait.
func (i inventory) model() *simulator.Model {
	model := simulator.VPX()
	model.Cluster = i.clusters
	model.ClusterHost = i.hosts
	model.Host = i.standalone
	model.Portgroup = i.portgroups
	model.Machine = 0
	return model
}

const datastore = "[LocalDS_0]"

// fill makes the machines and powers them on. All tasks are started before the first is waited for.
func (i inventory) fill(v *vcenter) error {
	hosts, err := v.finder.HostSystemList(v, "*/*")
	if err != nil {
		return err
	}
	networks := make([]types.BaseVirtualDeviceBackingInfo, i.portgroups)
	for n := range networks {
		if networks[n], err = v.backing(fmt.Sprintf("DC0_DVPG%d", n)); err != nil {
			return err
		}
	}
	tasks := make([]*object.Task, i.machines)
	for n := range tasks {
		host := hosts[n%len(hosts)]
		pool, err := host.ResourcePool(v)
		if err != nil {
			return err
		}
		spec, err := v.newMachine(fmt.Sprintf("%s_VM%d", host.Name(), n/len(hosts)), networks[n%len(networks)])
		if err != nil {
			return err
		}
		if tasks[n], err = v.folders.VmFolder.CreateVM(v, spec, pool, host); err != nil {
			return err
		}
	}
	for n, task := range tasks {
		info, err := task.WaitForResult(v)
		if err != nil {
			return err
		}
		created := object.NewVirtualMachine(v.client, info.Result.(types.ManagedObjectReference))
		if tasks[n], err = created.PowerOn(v); err != nil {
			return err
		}
	}
	for _, task := range tasks {
		if err := task.Wait(v); err != nil {
			return err
		}
	}
	return nil
}

// newMachine has the devices of a common one: two vCPUs, a disk, a CD drive, one vmxnet3.
func (v *vcenter) newMachine(name string, network types.BaseVirtualDeviceBackingInfo) (types.VirtualMachineConfigSpec, error) {
	spec := types.VirtualMachineConfigSpec{
		Name:     name,
		NumCPUs:  2,
		MemoryMB: 4096,
		GuestId:  string(types.VirtualMachineGuestOsIdentifierOtherGuest),
		Files:    &types.VirtualMachineFileInfo{VmPathName: datastore},
	}
	var devices object.VirtualDeviceList
	scsi, err := devices.CreateSCSIController("pvscsi")
	if err != nil {
		return spec, err
	}
	ide, err := devices.CreateIDEController()
	if err != nil {
		return spec, err
	}
	cdrom, err := devices.CreateCdrom(ide.(*types.VirtualIDEController))
	if err != nil {
		return spec, err
	}
	disk := devices.CreateDisk(scsi.(types.BaseVirtualController), types.ManagedObjectReference{}, datastore+" "+path.Join(name, "disk1.vmdk"))
	disk.CapacityInKB = 10 << 20
	card, err := v.newCard("vmxnet3", network, 0)
	if err != nil {
		return spec, err
	}
	spec.DeviceChange, err = append(devices, scsi, cdrom, disk, card).ConfigSpec(types.VirtualDeviceConfigSpecOperationAdd)
	return spec, err
}

// newCard has the key that vCenter gives to the n-th card of a machine, its name in performance data, and a MAC address that
// no other card has: the simulator's own have three digits.
func (v *vcenter) newCard(kind string, network types.BaseVirtualDeviceBackingInfo, n int) (types.BaseVirtualDevice, error) {
	device, err := object.VirtualDeviceList{}.CreateEthernetCard(kind, network)
	if err != nil {
		return nil, err
	}
	card := device.(types.BaseVirtualEthernetCard).GetVirtualEthernetCard()
	card.Key = int32(4000 + n)
	card.AddressType = string(types.VirtualEthernetCardMacTypeAssigned)
	v.cards++
	card.MacAddress = fmt.Sprintf("00:50:56:%02x:%02x:%02x", 0x80+v.cards>>16, v.cards>>8&255, v.cards&255)
	return device, nil
}
