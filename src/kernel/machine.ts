/** What this machine is; does not change while it runs. */
export interface MachineFacts {
  /** Is this a virtual machine? */
  readonly virtual: boolean;
  /** kvm, vmware, hyperv, xen, …; empty on bare metal or where nothing tells. */
  readonly hypervisor: string;
}
