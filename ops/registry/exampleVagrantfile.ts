/** What the Vagrantfile to download is about. */
export interface ExampleVagrantfile {
  /** Vagrant's name of the box. */
  readonly name: string;
  /** URL of the catalog. */
  readonly catalogUrl: string;
  /** IPv4 address of the machine on a private network of the host. */
  readonly privateAddress: string;
}

/**
 * A Vagrantfile to download and run `vagrant up` beside: it finds the box and its updates by the catalog's
 * URL, so that nothing has to be added first.
 */
export function exampleVagrantfile({
  name,
  catalogUrl,
  privateAddress,
}: ExampleVagrantfile): string {
  return [
    'Vagrant.configure("2") do |config|',
    `  config.vm.box = ${rubyText(name)}`,
    `  config.vm.box_url = ${rubyText(catalogUrl)}`,
    `  config.vm.network "private_network", ip: ${rubyText(privateAddress)}`,
    "end",
    "",
  ].join("\n");
}

/** A Ruby text in which nothing is evaluated (Ruby, "Literals": single-quoted strings). */
function rubyText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
