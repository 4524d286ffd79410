/** An amount for people: two digits, and as many more as a small one needs. `0.16 USD`, `0.0031 USD`. */
export function money(amount: number, currency: string): string {
  return `${amount >= 0.095 || amount === 0 ? amount.toFixed(2) : digits(amount)} ${currency}`;
}

function digits(amount: number): string {
  return amount < 0.0001 ? "less than 0.0001" : Number(amount.toPrecision(2)).toString();
}
