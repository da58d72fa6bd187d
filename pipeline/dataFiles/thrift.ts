/** A struct of Thrift's compact protocol: its fields by id. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;
/** A value: a boolean, a number, bytes, a list, or a struct. */
export type ThriftValue = boolean | number | Buffer | readonly ThriftValue[] | ThriftStruct;

/**
 * Reads the parts of Thrift's compact protocol that Parquet's footer needs.
 * Source: Apache Thrift, "Thrift Compact protocol".
 */
export class ThriftReader {
  private position = 0;

  constructor(private readonly bytes: Buffer) {}

  struct(): ThriftStruct {
    const fields = new Map<number, ThriftValue>();
    let id = 0;
    for (let header = this.byte(); header !== 0; header = this.byte()) {
      const step = header >> 4;
      id = step === 0 ? Number(this.zigzag()) : id + step;
      const type = header & 0x0f;
      // The value of a boolean field is its type: 1 is true, 2 is false.
      fields.set(id, type === 1 || type === 2 ? type === 1 : this.value(type));
    }
    return fields;
  }

  private value(type: number): ThriftValue {
    switch (type) {
      case 1:
      case 2:
        return this.byte() === 1;
      case 3:
        return (this.byte() << 24) >> 24;
      case 4:
      case 5:
      case 6:
        return Number(this.zigzag());
      case 7:
        this.position += 8;
        return this.bytes.readDoubleLE(this.position - 8);
      case 8: {
        const length = Number(this.varint());
        this.position += length;
        return this.bytes.subarray(this.position - length, this.position);
      }
      case 9:
      case 10: {
        const header = this.byte();
        const length = header >> 4 === 15 ? Number(this.varint()) : header >> 4;
        return Array.from({ length }, () => this.value(header & 0x0f));
      }
      case 12:
        return this.struct();
      default:
        throw new RangeError(`unknown type ${type}`);
    }
  }

  private byte(): number {
    this.position += 1;
    return this.bytes.readUInt8(this.position - 1);
  }

  private varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
  }

  private zigzag(): bigint {
    const value = this.varint();
    return value & 1n ? -((value + 1n) / 2n) : value / 2n;
  }
}
